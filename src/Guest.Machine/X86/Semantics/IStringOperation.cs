using Guest.Machine.X86.Decode;

namespace Guest.Machine.X86.Semantics;

/// <summary>What a string instruction does with one element, and with many at once.</summary>
internal interface IStringOperation
{
    /// <summary>Whether it reads at DS:rSI.</summary>
    static abstract bool HasSource { get; }

    /// <summary>Whether it uses ES:rDI.</summary>
    static abstract bool HasDestination { get; }

    /// <summary>Whether it compares: it sets flags, and REPE and REPNE look at ZF.</summary>
    static abstract bool Compares { get; }

    /// <summary>Raises what stands before any access (the right to a port).</summary>
    static virtual void Check<T>(Vcpu cpu)
        where T : struct, IWidth
    {
    }

    /// <summary>Does one element at rSI and rDI; the registers are advanced by the caller.</summary>
    static abstract void Element<T>(Vcpu cpu, ref Op op, ref StringComparands compared)
        where T : struct, IWidth;

    /// <summary>Does up to <paramref name="count"/> elements that lie in one page on each side.</summary>
    /// <returns>How many were done; 0 where the pages cannot be reached without ceremony.</returns>
    static virtual int Bulk<T>(Vcpu cpu, ref Op op, int count, bool down, ref StringComparands compared)
        where T : struct, IWidth => 0;
}
