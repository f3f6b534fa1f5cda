namespace Guest.Machine.X86.Semantics;

/// <summary>What a shift or rotate computes.</summary>
internal interface IShiftOperation
{
    /// <summary>Computes the result and sets the flags.</summary>
    /// <param name="s">The state.</param>
    /// <param name="a">The operand, zero-extended.</param>
    /// <param name="count">The masked count: 0 to 31, or to 63 for 64-bit operands; 0 changes nothing.</param>
    static abstract ulong Apply<T>(ref CpuState s, ulong a, int count)
        where T : struct, IWidth;
}
