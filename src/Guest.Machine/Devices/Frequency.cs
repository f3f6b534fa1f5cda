using System.Runtime.CompilerServices;

namespace Guest.Machine.Devices;

/// <summary>A clock of the board, derived from the machine's clock by integer arithmetic.</summary>
/// <param name="Hertz">Cycles per second of guest time.</param>
public readonly record struct Frequency(uint Hertz)
{
    private const uint TicksPerSecond = 1_000_000_000;

    /// <summary>Whole cycles since machine start at a tick.</summary>
    /// <param name="ticks">The tick, as <see cref="IClock.Now"/>.</param>
    public ulong CyclesAt(ulong ticks)
    {
        ulong high = Math.BigMul(ticks, Hertz, out ulong low);
        return high == 0 ? low / TicksPerSecond : WideFloor(high, low, TicksPerSecond);
    }

    /// <summary>The first tick at which so many cycles are complete.</summary>
    /// <param name="cycles">Cycles since machine start.</param>
    /// <returns>The tick; <see cref="ulong.MaxValue"/> where it lies beyond the clock.</returns>
    public ulong TickOf(ulong cycles) => CeilingOf(cycles, TicksPerSecond, Hertz);

    /// <summary>The least whole number that is not below <c>value * multiplier / divisor</c>; <see cref="ulong.MaxValue"/> where it is larger than that.</summary>
    internal static ulong CeilingOf(ulong value, ulong multiplier, ulong divisor)
    {
        ulong high = Math.BigMul(value, multiplier, out ulong low);
        if (high != 0)
        {
            return WideCeiling(high, low, divisor);
        }

        (ulong quotient, ulong rest) = Math.DivRem(low, divisor);
        return rest == 0 ? quotient : quotient + 1;
    }

    // Apart, since a method that uses UInt128 is compiled when it is first called.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static ulong WideFloor(ulong high, ulong low, ulong divisor) => unchecked((ulong)(new UInt128(high, low) / divisor));

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static ulong WideCeiling(ulong high, ulong low, ulong divisor)
    {
        (UInt128 quotient, UInt128 rest) = UInt128.DivRem(new UInt128(high, low), divisor);
        quotient += rest == 0 ? 0UL : 1;
        return quotient > ulong.MaxValue ? ulong.MaxValue : (ulong)quotient;
    }
}
