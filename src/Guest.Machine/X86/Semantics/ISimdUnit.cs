using Guest.Machine.X86.Decode;

namespace Guest.Machine.X86.Semantics;

/// <summary>A group of SIMD instructions with the same checks and the same effect on the x87 state.</summary>
internal interface ISimdUnit
{
    /// <summary>Raises what the instruction raises before it looks at its operands.</summary>
    static abstract void Check(Vcpu cpu);

    /// <summary>Called once nothing can fault any more, except for the instruction's own arithmetic.</summary>
    static abstract void Begin(Vcpu cpu);

    /// <summary>Called after the instruction has written its results.</summary>
    static abstract void End(Vcpu cpu, ref Op op);
}
