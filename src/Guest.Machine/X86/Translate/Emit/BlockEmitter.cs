using Guest.Machine.Memory;
using Guest.Machine.X86.Translate.Analyse;
using Guest.Machine.X86.Translate.Decode;
using Guest.Machine.X86.Translate.Link;

namespace Guest.Machine.X86.Translate.Emit;

/// <summary>Emits the host code of a block (docs/translator.md).</summary>
internal sealed partial class BlockEmitter
{
    private readonly CodeWriter _hot;
    private readonly CodeWriter _cold;
    private readonly Trampolines _stubs;
    private readonly LinkTable _links;
    private readonly bool _beside;
    private readonly AccessGroups _groups;
    private readonly List<ColdStub> _coldStubs = [];
    private CodeWriter _code;
    private GuestInstruction[] _ops = [];
    private int _count;
    private int _at;
    private TranslatedBlock _block = null!;
    private ModeKey _mode;
    private bool _next;

    // The group whose first byte's host address is in RCX, by its slot, or -1.
    private int _slotInRcx;

    // Whether the instruction at hand leaves it there.
    private bool _keepsRcx;

    /// <param name="hot">Where ordinary paths go.</param>
    /// <param name="cold">Where everything else goes.</param>
    /// <param name="stubs">What all blocks share.</param>
    /// <param name="links">Where exits and jumps are noted.</param>
    /// <param name="maxBlock">Instructions of the longest block.</param>
    /// <param name="beside">Whether other vCPUs run at the same time: each block looks whether it is asked to stop.</param>
    internal BlockEmitter(CodeWriter hot, CodeWriter cold, Trampolines stubs, LinkTable links, int maxBlock, bool beside)
    {
        (_hot, _cold, _stubs, _links, _groups, _beside) = (hot, cold, stubs, links, new AccessGroups(maxBlock), beside);
        _touched = new int[maxBlock];
        _code = hot;
    }

    /// <summary>Whether code of this mode serves every linear address at which its page is mapped.</summary>
    private bool IsMovable => !_mode.IsSupervisor;

    /// <summary>Emits a block.</summary>
    /// <param name="block">The block; its entries and offsets are filled in.</param>
    /// <param name="ops">Its instructions.</param>
    /// <param name="count">How many.</param>
    /// <param name="next">Whether another instruction of the same page follows that the interpreter must execute.</param>
    internal void Emit(TranslatedBlock block, GuestInstruction[] ops, int count, bool next)
    {
        (_block, _ops, _count, _next, _mode, _code) = (block, ops, count, next, block.Mode.Together, _hot);
        _coldStubs.Clear();
        if (block.Mode.IsApart)
        {
            _groups.Clear(count);
        }
        else
        {
            _groups.Find(ops, count);
        }

        FindTouched();
        block.Count = count;
        block.Offsets = new ushort[count + 1];
        for (int i = 0; i < count; i++)
        {
            block.Offsets[i] = (ushort)ops[i].Offset;
        }

        block.Offsets[count] = count == 0 ? (ushort)block.Offset : (ushort)ops[count - 1].Next;
        block.Bytes = block.Crosses ? 0x1000 - block.Offset : Math.Clamp(block.Offsets[count] - block.Offset, 1, 0x1000 - block.Offset);
        EmitBody();
        SetWords();
        EmitCold();
    }

    private void EmitBody()
    {
        EmitInstructions(EmitPrologue());
        if (_loop.IsOpen)
        {
            EmitLoop();
        }
    }

    private void EmitInstructions(int writer)
    {
        for (_at = 0; _at < _count; _at++)
        {
            if (_at == writer)
            {
                SettleAll();
                EmitBudgetCheck(ColdKind.BudgetAfterWriter, writer);
            }

            PlaceKept(ref _ops[_at]);
            _keepsRcx = KeepsRcx(ref _ops[_at]);
            Settle(ref _ops[_at]);
            _slotInRcx = _keepsRcx ? _slotInRcx : -1;
            EmitInstruction(ref _ops[_at]);
            _slotInRcx = _keepsRcx ? _slotInRcx : -1;
        }

        SettleAll();

        if (_block.Crosses)
        {
            EmitCodeAddress(Host.Rax, _block.Offset);
            EmitJumpCache(0, ColdKind.Interpret);
        }
        else if (_next)
        {
            EmitInterpretExit(_count);
        }
        else if (_count == 0 || !EndsBlock(_ops[_count - 1].Kind))
        {
            EmitLink(_block.Offsets[_count], _mode);
        }
    }

    // Returns the instruction before which the budget is checked, or -1 where that is done at once.
    private int EmitPrologue()
    {
        (_producer, _operandOf, _slotInRcx) = (-1, -1, -1);
        int writer = _count == 0 || _block.Second != 0 ? -1 : FirstWriter();
        _loop = new LoopState { IsPossible = writer < 0 && Trace is null };
        _block.EntryWithFlags = _code.Here;
        if (writer >= 0)
        {
            _block.Entry = _code.Here;
            _flags = FlagPlace.Dead;
            EmitPiece();
            return writer;
        }

        StoreFlags(_code);
        _block.Entry = _code.Here;
        _flags = FlagPlace.Memory;
        EmitPiece();
        if (_count != 0)
        {
            EmitBudgetCheck(ColdKind.Budget, 0);
            EmitUnitCheck(StatePlaces.VectorsLive, ColdKind.Vectors, UsesVectors);
            EmitUnitCheck(StatePlaces.X87Live, ColdKind.X87, UsesX87);
            EmitTailCheck();
        }

        return -1;
    }

    private void EmitBudgetCheck(ColdKind kind, int index)
    {
        int first = PartEnd(0);
        bool inParts = first < _count;
        _code.Immediate64(inParts ? 7 : 5, Host.R11, _count << 16); // cmp or sub
        AddCold(new ColdStub(kind, _code.JumpIf(inParts ? 12 : 8, 0), 0, index, Repeat: Repeat));
        if (_beside)
        {
            _code.Mem32(0x83, 7, Host.Rbp, StatePlaces.Stop); // cmp dword [stop], 0
            _code.Byte(0);
            AddCold(new ColdStub(kind, _code.JumpIf(5, 0), 0, index, Repeat: Repeat));
        }

        if (inParts)
        {
            EmitCharge(first);
        }
    }

    // Takes instructions off the budget; the flags stay.
    private void EmitCharge(int instructions) => _code.Lea(Host.R11, Host.R11, -instructions << 16);

    // A block with conditional jumps in it has parts, each charged for when it is begun: where the first that ends behind an instruction does so.
    private int PartEnd(int index)
    {
        while (index < _count && _ops[index].Kind != EmitKind.JumpIf)
        {
            index++;
        }

        return Math.Min(index + 1, _count);
    }

    // Instructions charged for and not executed before one of them.
    private int Left(int index) => PartEnd(index) - index;

    // The same where the budget did not suffice: a block in parts has then been charged for nothing.
    private int LeftUnchecked(int index) => (PartEnd(0) < _count ? 0 : _count) - index;

    // A block that uses registers of a unit begins with a look whether they are loaded.
    private void EmitUnitCheck(int live, ColdKind load, Predicate<EmitKind> uses)
    {
        for (int i = 0; i < _count; i++)
        {
            if (uses(_ops[i].Kind))
            {
                _code.Mem32(0x83, 7, Host.Rbp, live);
                _code.Byte(0);
                nint jump = _code.JumpIf(4, 0);
                AddCold(new ColdStub(load, jump, _code.Here, 0));
                return;
            }
        }
    }

    // What stands in the second page of an instruction that crosses into it is looked at each time; where vCPUs run at once, with the right to read it, which
    // lasts until the block's end.
    private void EmitTailCheck()
    {
        if (_block.Tail.Length == 0)
        {
            return;
        }

        if (_beside)
        {
            _code.Mem64(0x8B, Host.Rcx, Host.Rbp, StatePlaces.Rights);
            _code.Mem32(0x80, 7, Host.Rcx, _block.SecondPage); // cmp byte [rights + page], none
            _code.Byte((int)PageRight.None);
            AddCold(new ColdStub(ColdKind.Interpret, _code.JumpIf(4, 0), 0, 0));
        }

        _code.Move(Host.Rcx, (ulong)_block.Second);
        for (int at = 0; at < _block.Tail.Length;)
        {
            int size = 1 << System.Numerics.BitOperations.Log2((uint)(_block.Tail.Length - at));
            ulong bytes = 0;
            for (int i = 0; i < size; i++)
            {
                bytes |= (ulong)_block.Tail[at + i] << (8 * i);
            }

            _code.Move(Host.Rax, bytes);
            if (size == 2)
            {
                _code.Byte(0x66);
            }

            _code.Rex(size == 8, Host.Rax, 0, Host.Rcx);
            _code.Byte(size == 1 ? 0x3A : 0x3B); // cmp rax, [rcx + at]
            _code.ModRm(Host.Rax, Host.Rcx, at);
            AddCold(new ColdStub(ColdKind.Interpret, _code.JumpIf(5, 0), 0, 0));
            at += size;
        }
    }

    /// <summary>Whether a block ends with an instruction of a kind; a conditional jump may be followed by what is executed where it is not taken.</summary>
    internal static bool EndsBlock(EmitKind kind) => kind is EmitKind.Call or EmitKind.CallIndirect or EmitKind.Return or EmitKind.Jump or EmitKind.JumpIndirect
        or EmitKind.JumpIf or EmitKind.CountJump or EmitKind.CountJumpIf or EmitKind.AccessCheck;

    private void EmitInstruction(ref GuestInstruction op)
    {
        PrepareFlags(ref op);
        switch (op.Kind)
        {
            case EmitKind.Nothing: break;
            case EmitKind.Plain or EmitKind.Vector: EmitPlain(ref op); break;
            case EmitKind.Bits: EmitBits(ref op); break;
            case EmitKind.Lea: EmitLea(ref op); break;
            case EmitKind.MoveImmediate: EmitMoveImmediate(ref op); break;
            case EmitKind.Accumulator: EmitPlain(ref op); break;
            case EmitKind.MoveOffset: EmitMoveOffset(ref op); break;
            case EmitKind.ExchangeAccumulator: EmitPlain(ref op); break;
            case EmitKind.ByteSwap: EmitByteSwap(ref op); break;
            case EmitKind.WidenAccumulator: EmitWiden(ref op); break;
            case EmitKind.WidenToDx: EmitWidenToDx(ref op); break;
            case EmitKind.ShiftImmediate: EmitShiftImmediate(ref op); break;
            case EmitKind.ShiftByCl: EmitShiftByCl(ref op); break;
            case EmitKind.RotateThrough: EmitRotateThrough(ref op); break;
            case EmitKind.DoubleShiftNarrow: EmitDoubleShiftNarrow(ref op); break;
            case EmitKind.MultiplyWide: EmitMultiplyWide(ref op); break;
            case EmitKind.Multiply: EmitMultiply(ref op); break;
            case EmitKind.Divide or EmitKind.SignedDivide: EmitDivide(ref op); break;
            case EmitKind.BitScan: EmitBitScan(ref op); break;
            case EmitKind.ZeroCount: EmitZeroCount(ref op); break;
            case EmitKind.BitString: EmitBitString(ref op); break;
            case EmitKind.CompareExchange: EmitCompareExchange(ref op); break;
            case EmitKind.CompareExchangeWide: EmitCompareExchangeWide(ref op); break;
            case EmitKind.Push or EmitKind.PushImmediate or EmitKind.PushMemory or EmitKind.PushFlags: EmitPush(ref op); break;
            case EmitKind.Pop: EmitPop(ref op); break;
            case EmitKind.PushOther: EmitPushOther(ref op); break;
            case EmitKind.PopNarrow: EmitPopNarrow(ref op); break;
            case EmitKind.PopMemory: EmitPopMemory(ref op); break;
            case EmitKind.PopFlags: EmitPopFlags(ref op); break;
            case EmitKind.Leave: EmitLeave(); break;
            case EmitKind.LeaveNarrow: EmitLeaveNarrow(); break;
            case EmitKind.EnterFrame: EmitEnterFrame(ref op); break;
            case EmitKind.Call: EmitCall(ref op); break;
            case EmitKind.CallIndirect: EmitCallIndirect(ref op); break;
            case EmitKind.Return: EmitReturn(ref op); break;
            case EmitKind.Jump: EmitJump(TargetOf(op)); break;
            case EmitKind.JumpIndirect: EmitJumpIndirect(ref op); break;
            case EmitKind.JumpIf: EmitJumpIf(ref op); break;
            case EmitKind.CountJump: EmitCountJump(ref op); break;
            case EmitKind.CountJumpIf: EmitCountJumpIf(ref op); break;
            case EmitKind.LoadFlags: EmitLoadFlags(); break;
            case EmitKind.StoreFlags: EmitStoreFlags(); break;
            case EmitKind.Direction: EmitDirection(ref op); break;
            case EmitKind.DisableInterrupts: EmitDisableInterrupts(); break;
            case EmitKind.EnableInterrupts: EmitEnableInterrupts(); break;
            case EmitKind.AccessCheck: EmitAccessCheck(ref op); break;
            case EmitKind.SwapGs: EmitSwapGs(); break;
            case EmitKind.ReadTime: EmitReadTime(ref op); break;
            case EmitKind.ReadSegment: EmitReadSegment(ref op); break;
            case EmitKind.ReadBase: EmitReadBase(ref op); break;
            case EmitKind.WriteBase: EmitWriteBase(ref op); break;
            case EmitKind.FlushLine: EmitFlushLine(ref op); break;
            case EmitKind.TranslateByte: EmitTranslateByte(ref op); break;
            case EmitKind.String or EmitKind.StringCompare: EmitString(ref op); break;
            case EmitKind.X87: EmitX87(ref op); break;
            case EmitKind.X87Environment: EmitX87Environment(ref op); break;
            case EmitKind.Mmx when op.Decoded.OpCount == 0: EmitOpcode(ref op); break;
            case EmitKind.Mmx or EmitKind.MmxAndSse: EmitPlain(ref op); break;
            case EmitKind.MaskedQuadword or EmitKind.MaskedBytes: EmitMaskedBytes(ref op); break;
            case EmitKind.Approximate: EmitApproximate(ref op); break;
            case EmitKind.SaveState or EmitKind.RestoreState: EmitSavedState(ref op); break;
            case EmitKind.ReadXcr0: EmitReadXcr0(); break;
            case EmitKind.LoadMxcsr: EmitLoadMxcsr(ref op); break;
            case EmitKind.MaskedMove: EmitMaskedMove(ref op); break;
            case EmitKind.Gather: EmitGather(ref op); break;
            case EmitKind.StringIndex: EmitStringIndex(ref op); break;
            case EmitKind.ZeroUpper: _code.Bytes(op.Long ? 0x77_FC_C5U : 0x77_F8_C5U, 3); break;
            default: throw new InvalidOperationException($"no emission for {op.Kind}");
        }
    }

    /// <summary>Whether an instruction is translated in a mode.</summary>
    internal static bool IsTranslated(in GuestInstruction op, ModeKey mode) => op.Kind switch
    {
        EmitKind.String or EmitKind.StringCompare => IsHostString(op),
        EmitKind.Interpret => false,
        EmitKind.Vector or EmitKind.StringIndex or EmitKind.ZeroUpper => (op.Form.IsVex ? mode.Vex : mode.Sse) && (mode.Masked || !op.Form.UsesMxcsr),
        EmitKind.SaveState or EmitKind.RestoreState => mode.Sse && mode.X87 && mode.Masked && (FormatOf(op) == SavedFormat.Fxsave || mode.Vex) && (!IsPrivileged(op) || mode.IsSupervisor),
        EmitKind.ReadXcr0 => mode.Vex,
        EmitKind.Approximate => op.Form.IsVex ? mode.Vex : mode.Sse,
        EmitKind.MaskedBytes => op.Decoded.Op0Kind == Iced.Intel.OpKind.MemorySegRDI && (op.Form.IsVex ? mode.Vex : mode.Sse),
        EmitKind.MaskedQuadword => op.Decoded.Op0Kind == Iced.Intel.OpKind.MemorySegRDI && mode.X87,
        EmitKind.MmxAndSse => mode.Sse && mode.X87 && (mode.Masked || !op.Form.UsesMxcsr),
        EmitKind.MaskedMove => mode.Vex,
        EmitKind.Gather => mode.Vex && !op.Cut && op.Reg != op.Vvvv && VectorIndex(op) is var index && index != op.Reg && index != op.Vvvv,
        EmitKind.X87 or EmitKind.X87Environment or EmitKind.Mmx => mode.X87,
        EmitKind.LoadMxcsr => (op.Form.IsVex ? mode.Vex : mode.Sse) && mode.Masked,
        EmitKind.DisableInterrupts or EmitKind.EnableInterrupts or EmitKind.AccessCheck or EmitKind.SwapGs => mode.IsSupervisor,
        EmitKind.CompareExchange => op.HasMemory && !op.RegIsHigh,
        EmitKind.CompareExchangeWide => !op.Cut,
        EmitKind.BitString => !op.Cut,
        EmitKind.EnterFrame => (op.ImmediateBytes >> 16 & 31) == 0,
        EmitKind.RotateThrough => !TurnsWhole(op),
        EmitKind.DoubleShiftNarrow => op.ImmediateLength == 0 || ((int)op.ImmediateBytes & 31) != 0,
        EmitKind.ShiftImmediate => ShiftCount(op) != 0 && !op.RmIsHigh && !(op.HasMemory && IsTurn(op) && ShiftCount(op) != 1),
        EmitKind.ShiftByCl => !op.RmIsHigh && !(op.HasMemory && IsTurn(op)),
        EmitKind.MoveOffset => !op.Cut,
        _ => true,
    };

    private void AddCold(ColdStub stub) => _coldStubs.Add(stub);
}
