namespace Guest.Machine.X86.Translate.Emit;

/// <summary>A host register, or memory at [base + index + displacement].</summary>
internal readonly record struct Operand(int Register, int Index, int Displacement, bool IsMemory)
{
    /// <summary>A register.</summary>
    internal static Operand Of(int register) => new(register, -1, 0, false);

    /// <summary>Memory at a register's address.</summary>
    internal static Operand At(int register, int displacement = 0) => new(register, -1, displacement, true);

    /// <summary>Where a TLB lookup has found the guest's memory operand.</summary>
    internal static Operand Found { get; } = new(Host.Rcx, Host.Rax, 0, true);
}
