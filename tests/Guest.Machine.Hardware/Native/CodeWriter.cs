using System.Buffers.Binary;

namespace Guest.Machine.Hardware.Native;

/// <summary>Writes machine code of the few shapes the runner's stubs consist of. All data is addressed absolutely, below 2 GiB.</summary>
internal ref struct CodeWriter(Span<byte> target, ulong address)
{
    private readonly Span<byte> target = target;
    private int at;

    /// <summary>The address of the next byte.</summary>
    public readonly ulong Here => address + (ulong)at;

    /// <summary>The offset of the next byte.</summary>
    public readonly int Offset => at;

    public void Bytes(params ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(target[at..]);
        at += bytes.Length;
    }

    public void Int32(ulong value)
    {
        BinaryPrimitives.WriteInt32LittleEndian(target[at..], checked((int)value));
        at += 4;
    }

    /// <summary>mov register, [absolute].</summary>
    public void Load(int register, ulong from) => Absolute(0x8B, register, from);

    /// <summary>mov [absolute], register.</summary>
    public void Store(ulong to, int register) => Absolute(0x89, register, to);

    /// <summary>A 64-bit instruction of one opcode byte with an absolute memory operand.</summary>
    public void Absolute(byte opcode, int register, ulong operand)
    {
        Bytes((byte)(0x48 | ((register >> 3) << 2)), opcode, (byte)(0x04 | ((register & 7) << 3)), 0x25);
        Int32(operand);
    }

    /// <summary>An instruction of any opcode bytes with an absolute memory operand and a ModRM extension.</summary>
    public void Memory(ReadOnlySpan<byte> opcode, int extension, ulong operand)
    {
        Bytes(opcode);
        Bytes((byte)(0x04 | (extension << 3)), 0x25);
        Int32(operand);
    }

    /// <summary>A conditional jump forward; returns the place to hand to <see cref="Land"/>.</summary>
    public int JumpForward(byte condition)
    {
        Bytes(0x0F, (byte)(0x80 | condition), 0, 0, 0, 0);
        return at;
    }

    /// <summary>Makes a forward jump arrive here.</summary>
    public readonly void Land(int jump) => BinaryPrimitives.WriteInt32LittleEndian(target[(jump - 4)..], at - jump);
}
