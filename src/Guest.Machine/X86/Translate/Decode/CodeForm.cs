namespace Guest.Machine.X86.Translate.Decode;

/// <summary>What holds for every occurrence of an instruction: how it is translated, what its fields name, what it writes.</summary>
internal sealed record CodeForm(EmitKind Kind, FlagUse Flags)
{
    /// <summary>What the ModRM byte's register field names.</summary>
    internal OperandRole Reg { get; init; }

    /// <summary>What its operand names where it is a register.</summary>
    internal OperandRole Rm { get; init; }

    /// <summary>What a VEX prefix's own register field names.</summary>
    internal OperandRole Vvvv { get; init; }

    /// <summary>Whether the register field's register is written.</summary>
    internal bool WritesReg { get; init; }

    /// <summary>Whether the operand is written.</summary>
    internal bool WritesRm { get; init; }

    /// <summary>Whether these are replaced whole, their old values unread.</summary>
    internal bool ReplacesReg { get; init; }

    /// <summary>Whether these are replaced whole, their old values unread.</summary>
    internal bool ReplacesRm { get; init; }

    /// <summary>Whether the VEX prefix's register is written.</summary>
    internal bool WritesVvvv { get; init; }

    /// <summary>Whether these fields name 8-bit general registers.</summary>
    internal bool ByteReg { get; init; }

    /// <summary>Whether these fields name 8-bit general registers.</summary>
    internal bool ByteRm { get; init; }

    /// <summary>The prefix that belongs to the opcode or gives a 16-bit operand: 66, F2, F3, or 0.</summary>
    internal byte Prefix { get; init; }

    /// <summary>Whether the prefix that gives a 16-bit operand stands before one that belongs to the opcode.</summary>
    internal bool IsNarrow { get; init; }

    /// <summary>Bits of the operation (8, 16, 32, 64); 0 for vectors.</summary>
    internal int Bits { get; init; }

    /// <summary>Whether the memory operand must stand on a boundary of its size.</summary>
    internal bool IsAligned { get; init; }

    /// <summary>Whether it obeys MXCSR.</summary>
    internal bool UsesMxcsr { get; init; }

    /// <summary>Whether its last byte names a register, which the decoder does not count as an immediate.</summary>
    internal bool EndsWithRegister { get; init; }

    /// <summary>Whether it is a VEX encoding.</summary>
    internal bool IsVex { get; init; }
}
