using Guest.Machine;
using Guest.Machine.X86;
using Guest.Machine.X86.Decode;
using Iced.Intel;
using Trace.Export.Tables;

namespace Trace.Export.Collect;

/// <summary>Looks at the bytes of instructions: says what kind they are, and which have not been seen.</summary>
internal sealed class CodeReader
{
    private const byte Unknown = byte.MaxValue;
    private readonly InstructionClassifier _classifier = new();
    private readonly byte[] _kinds = new byte[2 * ((int)Enum.GetValues<Code>().Max() + 1)];
    private readonly Dictionary<(GuestPhysical Asid, GuestVirtual Pc), InstructionBytes> _seen = [];

    public CodeReader() => Array.Fill(_kinds, Unknown);

    /// <summary>The kind of the instruction at an address. Decodes it the first time that its form is met.</summary>
    public InstructionKind KindOf(Vcpu cpu, GuestVirtual pc, ref Op op)
    {
        // The same form has another kind with a memory operand than with a register.
        ref byte kind = ref _kinds[(2 * (int)op.Code) + (op.MemoryOperand == 255 ? 0 : 1)];
        if (kind == Unknown)
        {
            Span<byte> room = stackalloc byte[16];
            byte[] bytes = Read(cpu, pc, op.Length).CopyTo(room).ToArray();
            kind = (byte)_classifier.Classify(Decoder.Create(AddressBits(cpu), bytes).Decode());
        }

        return (InstructionKind)kind;
    }

    /// <summary>Whether the bytes at an address are new or have changed.</summary>
    public bool IsNew(Vcpu cpu, GuestPhysical asid, GuestVirtual pc, ref Op op, out InstructionBytes bytes)
    {
        bytes = Read(cpu, pc, op.Length);
        if (_seen.TryGetValue((asid, pc), out InstructionBytes known) && known == bytes)
        {
            return false;
        }

        _seen[(asid, pc)] = bytes;
        return true;
    }

    /// <summary>The width of code addresses: 16, 32 or 64 bits.</summary>
    public static int AddressBits(Vcpu cpu) => cpu.InLongMode64 ? 64 : cpu.State.Segments[(int)SegmentName.Cs].Big ? 32 : 16;

    private static InstructionBytes Read(Vcpu cpu, GuestVirtual pc, int length)
    {
        Span<byte> bytes = stackalloc byte[InstructionBytes.MaxLength];
        bytes = bytes[..length];
        int inPage = Math.Min(length, 0x1000 - (int)(pc.Value & 0xFFF));
        ReadPart(cpu, pc, bytes[..inPage]);
        ReadPart(cpu, new GuestVirtual(pc.Value + (ulong)inPage), bytes[inPage..]);
        return new InstructionBytes(bytes);
    }

    private static void ReadPart(Vcpu cpu, GuestVirtual address, Span<byte> bytes)
    {
        if (bytes.IsEmpty)
        {
            return;
        }

        if (!cpu.TryTranslate(address, out GuestPhysical physical))
        {
            throw new InvalidOperationException($"the vCPU executes at {address}, which is not mapped");
        }

        cpu.Memory.Read(physical, bytes);
    }
}
