using Iced.Intel;
using static Iced.Intel.Register;

namespace Guest.Machine.X86.HostCode;

/// <summary>Encodes the instructions of one stub. Cold: once per stub of the process.</summary>
internal sealed class StubWriter : CodeWriter
{
    private readonly List<byte> _bytes = [];
    private readonly Encoder _encoder;
    private readonly ulong _origin;

    /// <summary>Creates a writer for code that will stand at an address.</summary>
    internal StubWriter(nint origin)
    {
        _origin = (ulong)origin;
        _encoder = Encoder.Create(64, this);
    }

    /// <summary>What has been written.</summary>
    internal byte[] ToArray() => [.. _bytes];

    /// <inheritdoc/>
    public override void WriteByte(byte value) => _bytes.Add(value);

    /// <summary>Appends an instruction.</summary>
    internal void Emit(in Instruction instruction) => _encoder.Encode(instruction, _origin + (ulong)_bytes.Count);

    /// <summary>Appends an instruction without operands.</summary>
    internal void Emit(Code code) => Emit(Instruction.Create(code));

    /// <summary>Appends an instruction with two registers.</summary>
    internal void Emit(Code code, Register first, Register second) => Emit(Instruction.Create(code, first, second));

    /// <summary>Appends a load from [pointer + offset].</summary>
    internal void Load(Code code, Register target, Register pointer, int offset = 0) => Emit(Instruction.Create(code, target, At(pointer, offset)));

    /// <summary>Appends a store to [pointer + offset].</summary>
    internal void Store(Code code, Register pointer, int offset, Register source) => Emit(Instruction.Create(code, At(pointer, offset), source));

    /// <summary>Appends an instruction whose only operand is [pointer + offset].</summary>
    internal void Memory(Code code, Register pointer, int offset = 0) => Emit(Instruction.Create(code, At(pointer, offset)));

    /// <summary>Gives the host its own MXCSR back: round to nearest, every exception masked.</summary>
    internal void RestoreHostMxcsr()
    {
        Emit(Instruction.Create(Code.Pushq_imm32, 0x1F80));
        Memory(Code.Ldmxcsr_m32, RSP);
        Emit(Instruction.Create(Code.Lea_r64_m, RSP, At(RSP, 8)));
    }

    private static MemoryOperand At(Register pointer, int offset) => new(pointer, None, 1, offset, offset is 0 ? 0 : 1, false, None);
}
