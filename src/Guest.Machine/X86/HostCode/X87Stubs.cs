using Iced.Intel;
using static Iced.Intel.Register;

namespace Guest.Machine.X86.HostCode;

/// <summary>The stubs of the x87 instructions that any guest of this process has used; their number is bounded by the instruction set.</summary>
/// <remarks>
/// Arguments: RDI points to an FXSAVE image, RSI to the memory operand, RDX is RFLAGS for those that read or write them. The stub loads
/// the image, executes the instruction, stores the image and leaves the host's x87 unit empty, with its own control word, and MXCSR at its default. Unmasked
/// exceptions are pending in the stored image: the host never sees them, because FNINIT comes before any x87 instruction that waits.
/// Returns RFLAGS where the instruction writes them, 0 where it does not.
/// </remarks>
internal sealed class X87Stubs
{
    private static readonly X87Stubs Shared = new();
    private readonly Lock _gate = new();
    private readonly CodeArena _arena = new();
    private readonly Dictionary<int, nint> _stubs = [];

    /// <summary>The stub of an instruction.</summary>
    internal static nint Find(in Instruction instruction) => Shared.Get(instruction);

    private nint Get(in Instruction instruction)
    {
        int key = (int)instruction.Code | (StackRegisters(instruction) << 16);
        lock (_gate)
        {
            if (!_stubs.TryGetValue(key, out nint stub))
            {
                stub = _arena.Add(Build(instruction));
                _stubs.Add(key, stub);
            }

            return stub;
        }
    }

    private static int StackRegisters(in Instruction instruction)
    {
        int registers = 0;
        for (int i = 0; i < instruction.OpCount; i++)
        {
            Register register = instruction.GetOpKind(i) == OpKind.Register ? instruction.GetOpRegister(i) : None;
            registers |= register.IsST() ? register.GetNumber() << (3 * i) : 0;
        }

        return registers;
    }

    private byte[] Build(in Instruction guest)
    {
        var writer = new StubWriter(_arena.Next);
        bool flags = (guest.RflagsRead | guest.RflagsModified) != RflagsBits.None;
        writer.Memory(Code.Fxrstor64_m512byte, RDI);
        if (flags)
        {
            writer.Emit(Instruction.Create(Code.Push_r64, RDX));
            writer.Emit(Code.Popfq);
        }

        writer.Emit(OnHost(guest));
        if (flags)
        {
            writer.Emit(Code.Pushfq);
            writer.Emit(Instruction.Create(Code.Pop_r64, RAX));
        }
        else
        {
            writer.Emit(Code.Xor_r32_rm32, EAX, EAX);
        }

        writer.Memory(Code.Fxsave64_m512byte, RDI);
        EmptyHostStack(writer);
        return writer.ToArray();
    }

    // EMMS suffices and is quicker than FNINIT where the guest's control word is the host's too: then no exception is pending either.
    private static void EmptyHostStack(StubWriter writer)
    {
        writer.Emit(Instruction.Create(Code.Cmp_rm16_imm16, new MemoryOperand(RDI), (uint)X87.InitialControl));
        byte[] emptied = [0x75, 0x03, 0x0F, 0x77, 0xC3]; // jne +3; emms; ret
        foreach (byte part in emptied)
        {
            writer.WriteByte(part);
        }

        writer.Emit(Code.Fninit);
        writer.Emit(Code.Retnq);
    }

    private static Instruction OnHost(in Instruction guest)
    {
        Instruction host = guest;
        host.CodeSize = CodeSize.Code64;
        host.SegmentPrefix = None;
        host.HasLockPrefix = false;
        host.HasRepePrefix = false;
        host.HasRepnePrefix = false;
        host.MemoryBase = RSI;
        host.MemoryIndex = None;
        host.MemoryIndexScale = 1;
        host.MemoryDisplacement64 = 0;
        host.MemoryDisplSize = 0;
        return host;
    }
}
