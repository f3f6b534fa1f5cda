using Guest.Machine.Hardware;

namespace Guest.Machine.Tests.Hardware;

/// <summary>A CPU that gets one thing wrong, for tests of the comparison itself.</summary>
internal sealed class DamagedCpu(ICpuUnderTest inner, DamagedCpu.Damage damage) : ICpuUnderTest
{
    /// <summary>Changes what a case left.</summary>
    public delegate void Damage(ref CpuSnapshot state, ref Outcome outcome, ICpuUnderTest cpu);

    /// <inheritdoc/>
    public Span<byte> Data => inner.Data;

    /// <inheritdoc/>
    public Span<byte> Mixed => inner.Mixed;

    /// <inheritdoc/>
    public void Enter(CpuMode mode) => inner.Enter(mode);

    /// <inheritdoc/>
    public void SetCode(ulong address, ReadOnlySpan<byte> instruction) => inner.SetCode(address, instruction);

    /// <inheritdoc/>
    public Outcome Run(ref CpuSnapshot state)
    {
        Outcome outcome = inner.Run(ref state);
        damage(ref state, ref outcome, inner);
        return outcome;
    }

    /// <inheritdoc/>
    public void Dispose() => inner.Dispose();
}
