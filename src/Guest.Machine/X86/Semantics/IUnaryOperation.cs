namespace Guest.Machine.X86.Semantics;

/// <summary>What an instruction with one operand, read and written, computes.</summary>
internal interface IUnaryOperation
{
    /// <summary>Computes the result and sets the flags.</summary>
    static abstract ulong Apply<T>(ref CpuState s, ulong a)
        where T : struct, IWidth;
}
