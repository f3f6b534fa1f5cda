namespace Guest.Machine.X86.Semantics;

/// <summary>What CMPS or SCAS compared last; the flags are computed from it once, at the end of a chunk.</summary>
internal ref struct StringComparands
{
    /// <summary>The minuend.</summary>
    internal ulong First;

    /// <summary>The subtrahend.</summary>
    internal ulong Second;
}
