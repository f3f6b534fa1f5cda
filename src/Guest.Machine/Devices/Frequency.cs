namespace Guest.Machine.Devices;

/// <summary>A clock of the board, derived from the machine's clock by integer arithmetic.</summary>
/// <param name="Hertz">Cycles per second of guest time.</param>
public readonly record struct Frequency(uint Hertz)
{
    private const uint TicksPerSecond = 1_000_000_000;

    /// <summary>Whole cycles since machine start at a tick.</summary>
    /// <param name="ticks">The tick, as <see cref="IClock.Now"/>.</param>
    public ulong CyclesAt(ulong ticks) => unchecked((ulong)((UInt128)ticks * Hertz / TicksPerSecond));

    /// <summary>The first tick at which so many cycles are complete.</summary>
    /// <param name="cycles">Cycles since machine start.</param>
    /// <returns>The tick; <see cref="ulong.MaxValue"/> where it lies beyond the clock.</returns>
    public ulong TickOf(ulong cycles)
    {
        UInt128 tick = (((UInt128)cycles * TicksPerSecond) + Hertz - 1) / Hertz;
        return tick > ulong.MaxValue ? ulong.MaxValue : (ulong)tick;
    }
}
