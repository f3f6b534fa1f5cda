namespace Guest.Machine.X86.Semantics;

/// <summary>A condition on the status flags; a struct, so that each handler is compiled for its condition.</summary>
internal interface ICondition
{
    /// <summary>Whether it holds.</summary>
    static abstract bool Holds(ref CpuState s);
}
