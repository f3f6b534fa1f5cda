namespace Guest.Machine.X86.Semantics;

/// <summary>What an instruction with two sources computes; a struct, so that each handler is compiled for its operation.</summary>
internal interface IBinaryOperation
{
    /// <summary>Whether the result is written to the first operand (false for CMP and TEST).</summary>
    static abstract bool Stores { get; }

    /// <summary>Computes the result and sets the flags; bits of the sources above the width do not matter.</summary>
    static abstract ulong Apply<T>(ref CpuState s, ulong a, ulong b)
        where T : struct, IWidth;
}
