using Guest.Machine.X86.Decode;

namespace Guest.Machine.X86.Semantics;

/// <summary>What an instruction computes from one source, a register or memory.</summary>
internal interface ISourceOperation
{
    /// <summary>Raises what the mode forbids, before any access.</summary>
    static virtual void Check(Vcpu cpu, ref Op op)
    {
    }

    /// <summary>Computes the result and sets the flags.</summary>
    /// <param name="s">The state.</param>
    /// <param name="op">The instruction, for its further operands.</param>
    /// <param name="source">The source, zero-extended.</param>
    static abstract ulong Apply<T>(ref CpuState s, ref Op op, ulong source)
        where T : struct, IWidth;
}
