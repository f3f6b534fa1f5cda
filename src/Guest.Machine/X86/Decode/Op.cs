using Iced.Intel;

namespace Guest.Machine.X86.Decode;

/// <summary>One predecoded instruction: its handler and its operands, ready to execute.</summary>
/// <remarks>
/// General registers are byte offsets into the register file at the start of <see cref="CpuState"/> (8 per register; AH to BH are odd
/// offsets); vector, mask, segment, control and debug registers are plain numbers. Immediates and displacements are sign-extended.
/// Nothing in it depends on the virtual address, so a block serves every mapping of its page.
/// </remarks>
public struct Op
{
    /// <summary>Function pointer of the handler.</summary>
    internal nint Handler;

    /// <summary>The immediate; for near branches the displacement from the next instruction; for far pointers selector:offset.</summary>
    public ulong Imm;

    /// <summary>Displacement of the memory operand (for RIP-relative ones: from the next instruction).</summary>
    public ulong Disp;

    /// <summary>Address of emitted code that belongs to this instruction, or 0.</summary>
    public nint Stub;

    /// <summary>A second value where an instruction needs one (ENTER's level, a stub's descriptor).</summary>
    public ulong Extra;

    /// <summary>Register operand 0 to 3, by operand number of the instruction (not packed).</summary>
    public byte Reg0, Reg1, Reg2, Reg3;

    /// <summary>Byte offsets of base and index register; <see cref="CpuState.ZeroOffset"/> where there is none.</summary>
    public byte Base, Index;

    /// <summary>Shift of the index, 0 to 3.</summary>
    public byte Scale;

    /// <summary>Segment of the memory operand (<see cref="SegmentName"/>).</summary>
    public byte Segment;

    /// <summary>What the plain sum base + index + displacement is not enough for.</summary>
    public AddressForm Form;

    /// <summary>Bytes of the instruction, 1 to 15.</summary>
    public byte Length;

    /// <summary>Size of the memory operand in bytes, 0 if unknown or none.</summary>
    public ushort MemorySize;

    /// <summary>Operand size (16, 32, 64) that prefixes and mode give; used by string, stack and system instructions.</summary>
    public byte OperandBits;

    /// <summary>Address size (16, 32, 64).</summary>
    public byte AddressBits;

    /// <summary>0, or the repeat prefix: 0xF2 (REPNE), 0xF3 (REP/REPE).</summary>
    public byte Rep;

    /// <summary>Whether the memory operand is written.</summary>
    public bool Writes;

    /// <summary>Number of the operand that is memory with an address of its own, or 255: a string instruction's is not.</summary>
    public byte MemoryOperand;

    /// <summary>Whether an operand is memory, a string instruction's included.</summary>
    public bool HasMemory;

    /// <summary>Which instruction it is.</summary>
    public Code Code;
}
