namespace Analysis.Plugins.Branches;

/// <summary>Branches and how often they were foreseen.</summary>
internal sealed class BranchCounts
{
    /// <summary>Conditional jumps.</summary>
    internal ulong Conditional;

    /// <summary>Those that were taken.</summary>
    internal ulong Taken;

    /// <summary>[predictor] those that it did not foresee.</summary>
    internal ulong[] Wrong = new ulong[3];

    /// <summary>Jumps and calls to an address in a register or memory.</summary>
    internal ulong Indirect;

    /// <summary>Those whose target the buffer did not know.</summary>
    internal ulong WrongIndirect;

    /// <summary>Other jumps and calls that were taken.</summary>
    internal ulong Direct;

    /// <summary>Those whose target the buffer did not know.</summary>
    internal ulong WrongDirect;

    /// <summary>Returns.</summary>
    internal ulong Returns;

    /// <summary>Those that the stack did not foresee.</summary>
    internal ulong WrongReturns;

    /// <summary>Adds others.</summary>
    internal void Add(BranchCounts other)
    {
        Conditional += other.Conditional;
        Taken += other.Taken;
        Indirect += other.Indirect;
        WrongIndirect += other.WrongIndirect;
        Direct += other.Direct;
        WrongDirect += other.WrongDirect;
        Returns += other.Returns;
        WrongReturns += other.WrongReturns;
        for (int i = 0; i < Wrong.Length; i++)
        {
            Wrong[i] += other.Wrong[i];
        }
    }
}
