using Guest.Machine.Native;
using Guest.Machine.X86.Decode;
using Guest.Machine.X86.Translate.Decode;
using Iced.Intel;

namespace Guest.Machine.X86.Observe;

/// <content>What the interpreter executes, one instruction at a time, and what it is left with.</content>
public sealed partial class CodeTrace : IInstructionObserver, IAccessObserver
{
    private const int RecentPieces = 4096;
    private static readonly bool[] NearJumps = Enumerate();
    private readonly InstructionInfoFactory _info = new();
    private readonly CodePiece?[] _recent = new CodePiece?[RecentPieces];
    private readonly List<(ulong Descriptor, ulong Linear, ulong Physical)> _pending = [];
    private CodePiece? _executing;
    private bool _repeats;
    private bool _isOfInterest;
    private ulong _before;

    /// <inheritdoc/>
    void IInstructionObserver.Executing(Vcpu cpu, ref Op op)
    {
        _pending.Clear();
        NoteSpace();
        MakeRoom(ref cpu.State);
        _executing = PieceOf(cpu, ref op);
        _repeats = op.Rep != 0;
        _before = cpu.State.Retired;
        _isOfInterest = (Choice.Transfers && IsTransfer(op.Code)) || (_places.Count > 0 && _places.Contains(_executing.Pc.Value));
        if (_isOfInterest)
        {
            HandOver();
            _sink.Executing(cpu, _executing, op.Code);
        }
    }

    /// <inheritdoc/>
    void IInstructionObserver.Retired(Vcpu cpu, ref Op op)
    {
        CodePiece piece = _executing!;
        _executing = null;
        bool retired = cpu.State.Retired != _before;
        Append(retired ? piece : piece.Shorter(0));
        if (!retired)
        {
            return;
        }

        if (Choice.Edges)
        {
            NoteEdge(cpu, piece);
        }

        if (_isOfInterest)
        {
            HandOver();
            _sink.Retired(cpu, piece, op.Code);
        }

        NoteSpace();
    }

    /// <inheritdoc/>
    void IInstructionObserver.Delivering(Vcpu cpu, byte vector, uint? errorCode, bool external)
    {
        if (_executing is { } piece && _repeats && _pending.Count > 0)
        {
            // What a repeated instruction did before it faulted took place.
            Append(piece.Shorter(0));
        }

        _executing = null;
        _pending.Clear();
        HandOver();
        _sink.Delivering(cpu, vector, errorCode, external);
        if (Choice.Accesses)
        {
            Append(Nothing);
        }
    }

    /// <inheritdoc/>
    void IAccessObserver.Accessed(ulong linear, ulong physical, int size, bool write, ulong value) => Accessed(TraceWords.Interpreted(size, write), linear, physical);

    /// <inheritdoc/>
    void IAccessObserver.AccessedRun(in ElementRun run) => Accessed(TraceWords.Interpreted(run), run.Linear, run.Physical);

    /// <inheritdoc/>
    bool IAccessObserver.TakesRuns => true;

    /// <summary>Whether an instruction enters or leaves the kernel, or changes what the addresses mean.</summary>
    public static bool IsTransfer(Code code) => code is Code.Syscall or Code.Sysretq or Code.Sysretd or Code.Iretq or Code.Iretd or Code.Iretw or Code.Sysenter
        or Code.Sysexitq or Code.Sysexitd or Code.Int_imm8 or Code.Int3 or Code.Int1 or Code.Hlt;

    /// <summary>Whether an instruction must be the interpreter's for the sake of this trace.</summary>
    internal bool Leaves(in GuestInstruction op, ulong linear) => op.Decoded.Code is Code.Mov_cr_r64 or Code.Mov_cr_r32
        || (Choice.Transfers && IsTransfer(op.Decoded.Code))
        || (Choice.Accesses && (op.Decoded.HasRepPrefix || op.Decoded.HasRepnePrefix || op.Decoded.Code is Code.Stac or Code.Clac || op.Kind is EmitKind.MaskedMove or EmitKind.MaskedBytes or EmitKind.MaskedQuadword or EmitKind.Gather or EmitKind.X87Environment or EmitKind.Approximate or EmitKind.EnterFrame
            or EmitKind.SaveState or EmitKind.RestoreState))
        || (_places.Count > 0 && _places.Contains(linear));

    /// <summary>The piece of a block of emitted code.</summary>
    /// <param name="linearPage">Its page's linear address.</param>
    /// <param name="ring">Its privilege level.</param>
    /// <param name="ops">Its instructions.</param>
    /// <param name="isOther">Whether it is another one than those that are known.</param>
    internal CodePiece AddPiece(ulong linearPage, int ring, ReadOnlySpan<GuestInstruction> ops, bool isOther = false)
    {
        PieceInstruction[] instructions = new PieceInstruction[ops.Length];
        for (int i = 0; i < ops.Length; i++)
        {
            ref readonly Instruction decoded = ref ops[i].Decoded;
            instructions[i] = new PieceInstruction((ushort)(ops[i].Offset - ops[0].Offset), (byte)ops[i].Length, HasMemory(decoded), Choice.Accesses && Updates(decoded), _cpu.Model.Executes(decoded.Code));
        }

        ref readonly Instruction last = ref ops[^1].Decoded;
        GuestVirtual? target = NearJumps[(int)last.Code] ? new GuestVirtual(unchecked(linearPage + last.NearBranchTarget)) : null;
        return WithExits(AddPiece(new GuestVirtual(linearPage + (ulong)ops[0].Offset), ring, instructions, target, PassedOf(linearPage, ops), Choice.Accesses, isOther: isOther));
    }

    private static PassedJump[] PassedOf(ulong linearPage, ReadOnlySpan<GuestInstruction> ops)
    {
        List<PassedJump>? passed = null;
        for (int i = 0; i < ops.Length - 1; i++)
        {
            if (ops[i].Kind == EmitKind.JumpIf)
            {
                (passed ??= []).Add(new PassedJump(i, new GuestVirtual(unchecked(linearPage + ops[i].Decoded.NearBranchTarget)), 0));
            }
        }

        return passed is null ? [] : [.. passed];
    }

    private static GuestPhysical SpaceOf(Vcpu cpu) => new((cpu.State.Cr0 & ControlBits.Cr0Pg) != 0 ? cpu.State.Cr3 & TableAddress : 0);

    private static bool HasMemory(in Instruction decoded)
    {
        for (int i = 0; i < decoded.OpCount; i++)
        {
            if (decoded.GetOpKind(i) >= OpKind.MemorySegSI)
            {
                return true;
            }
        }

        return false;
    }

    private bool Updates(in Instruction decoded)
    {
        foreach (UsedMemory memory in _info.GetInfo(decoded).GetUsedMemory())
        {
            if (memory.Access is OpAccess.ReadWrite or OpAccess.ReadCondWrite)
            {
                return true;
            }
        }

        return false;
    }

    private CodePiece PieceOf(Vcpu cpu, ref Op op)
    {
        ulong pc = cpu.LinearPc;
        int ring = cpu.State.Cpl;
        PieceInstruction instruction = new(0, op.Length, op.HasMemory, false, op.Code);
        GuestVirtual? target = cpu.InLongMode64 && NearJumps[(int)op.Code] ? new GuestVirtual(unchecked(pc + op.Length + op.Imm)) : null;
        ref CodePiece? recent = ref _recent[(pc ^ (pc >> 12)) & (RecentPieces - 1)];
        if (recent is not { } piece || piece.Pc.Value != pc || piece.Ring != ring || piece.Target != target || piece.Instructions[0] != instruction)
        {
            recent = AddPiece(new GuestVirtual(pc), ring, new[] { instruction }, target, []);
        }

        return recent;
    }

    // What the count of the piece does not say.
    private void NoteEdge(Vcpu cpu, CodePiece piece)
    {
        PieceInstruction op = piece.Instructions[0];
        FlowControl flow = op.Code.FlowControl();
        ulong target = cpu.LinearPc;
        if (op.Code is Code.Syscall or Code.Sysenter)
        {
            // A call to the decoder, and none here.
            return;
        }

        if (flow == FlowControl.ConditionalBranch && piece.Target is not null)
        {
            Raw.Ref<long>(TakenOf(piece.Number)) += target != piece.Pc.Value + op.Length ? 1 : 0;
        }
        else if (flow is FlowControl.IndirectBranch or FlowControl.IndirectCall
            || (flow is FlowControl.UnconditionalBranch or FlowControl.ConditionalBranch or FlowControl.Call && piece.Target is null))
        {
            Jumps.Of(0, piece.Number, target).Count++;
        }
    }

    private static bool[] Enumerate()
    {
        bool[] near = new bool[IcedConstants.CodeEnumCount];
        for (int code = 0; code < near.Length; code++)
        {
            near[code] = IsNearJump((Code)code);
        }

        return near;
    }

    // Those whose bytes say how far they lead. Of the far ones they do not.
    private static bool IsNearJump(Code code) => code is Code.Call_rel16 or Code.Call_rel32_32 or Code.Call_rel32_64
        || (code.FlowControl() is FlowControl.ConditionalBranch or FlowControl.UnconditionalBranch
            && code is not (Code.Jmp_ptr1616 or Code.Jmp_ptr1632 or Code.Jmpe_disp16 or Code.Jmpe_disp32));

    private void NoteSpace()
    {
        GuestPhysical space = SpaceOf(_cpu);
        if (space != Space)
        {
            HandOver();
            Space = space;
            _sink.SpaceChanged(_cpu);
        }
    }

    private void Append(CodePiece piece)
    {
        if (piece.IsCounted)
        {
            Counter(piece)++;
        }

        if (!Choice.Pieces)
        {
            return;
        }

        AppendWord((ulong)piece.Number);
        foreach ((ulong descriptor, ulong linear, ulong physical) in _pending)
        {
            AppendAccess(descriptor, linear, physical);
        }

        _pending.Clear();
    }

    private void Accessed(ulong descriptor, ulong linear, ulong physical)
    {
        if (_executing is null)
        {
            AppendAccess(descriptor, linear, physical);
        }
        else
        {
            _pending.Add((descriptor, linear, physical));
        }
    }

    private void AppendAccess(ulong descriptor, ulong linear, ulong physical)
    {
        AppendWord(descriptor);
        AppendWord(linear);
        AppendWord(physical);
    }

    private void AppendWord(ulong word)
    {
        ref CpuState s = ref _cpu.State;
        Raw.Store(s.Emitted.TraceEnd, word);
        s.Emitted.TraceEnd += sizeof(ulong);
    }
}
