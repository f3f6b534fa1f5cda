using Iced.Intel;

namespace Guest.Machine.X86.Translate.Decode;

/// <summary>One decoded instruction with the parts of its encoding that are written again.</summary>
internal struct GuestInstruction
{
    /// <summary>What the decoder says; addresses in it count from the beginning of the page.</summary>
    internal Instruction Decoded;

    /// <summary>What holds for every occurrence.</summary>
    internal CodeForm Form;

    /// <summary>Where in its page it begins.</summary>
    internal int Offset;

    /// <summary>Bytes, 1 to 15.</summary>
    internal int Length;

    /// <summary>Opcode map: 0 one byte, 1 0F, 2 0F 38, 3 0F 3A.</summary>
    internal byte Map;

    /// <summary>The opcode.</summary>
    internal byte Opcode;

    /// <summary>REX.W or VEX.W.</summary>
    internal bool Wide;

    /// <summary>VEX.L.</summary>
    internal bool Long;

    /// <summary>Whether a REX or VEX prefix stands before the opcode: 8-bit registers 4 to 7 are then SPL to DIL.</summary>
    internal bool HasRex;

    /// <summary>The ModRM byte's register field, extended.</summary>
    internal byte Reg;

    /// <summary>Its operand where that is a register, or the opcode's own register field, extended.</summary>
    internal byte Rm;

    /// <summary>The VEX prefix's register.</summary>
    internal byte Vvvv;

    /// <summary>The immediate's bytes, lowest first.</summary>
    internal ulong ImmediateBytes;

    /// <summary>How many.</summary>
    internal byte ImmediateLength;

    /// <summary>Whether an operand is memory.</summary>
    internal bool HasMemory;

    /// <summary>Bytes of the memory operand.</summary>
    internal int MemorySize;

    /// <summary>Base and index registers of the memory operand, or -1.</summary>
    internal sbyte Base, Index;

    /// <summary>Shift of the index.</summary>
    internal byte Scale;

    /// <summary>Whether the address counts from the instruction's own.</summary>
    internal bool FromRip;

    /// <summary>Whether the address is cut to 32 bits.</summary>
    internal bool Cut;

    /// <summary>The segment whose base is added, or <see cref="SegmentName.Ds"/> for none.</summary>
    internal SegmentName Segment;

    /// <summary>Displacement; counted from the page's beginning where <see cref="FromRip"/>.</summary>
    internal long Displacement;

    /// <summary>How it is translated.</summary>
    internal readonly EmitKind Kind => Form.Kind;

    /// <summary>Where the next instruction begins.</summary>
    internal readonly int Next => Offset + Length;

    /// <summary>Whether the register field names AH, CH, DH or BH.</summary>
    internal readonly bool RegIsHigh => Form.ByteReg && !HasRex && Reg is >= 4 and < 8;

    /// <summary>Whether the register operand is AH, CH, DH or BH.</summary>
    internal readonly bool RmIsHigh => Form.ByteRm && !HasRex && !HasMemory && Rm is >= 4 and < 8;

    /// <summary>Whether the byte register in the opcode, or alone in the operand's field, is AH, CH, DH or BH.</summary>
    internal readonly bool OpcodeIsHigh => Form.Bits == 8 && !HasRex && Rm is >= 4 and < 8;
}
