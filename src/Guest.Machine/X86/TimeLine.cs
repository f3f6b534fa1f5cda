namespace Guest.Machine.X86;

/// <summary>A counter as a function of the instructions that have been retired.</summary>
/// <param name="Ticks">What it was at the last anchor.</param>
/// <param name="Retired">Instructions retired by then.</param>
/// <param name="Rate">Ticks per instruction since, as 32.32 fixed point.</param>
public readonly record struct TimeLine(ulong Ticks, ulong Retired, ulong Rate);
