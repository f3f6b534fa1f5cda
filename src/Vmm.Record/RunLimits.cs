namespace Vmm.Record;

/// <summary>What ends a run before the guest does.</summary>
/// <param name="Time">Host time, or null.</param>
/// <param name="Instructions">Retired instructions, or null.</param>
public sealed record RunLimits(TimeSpan? Time = null, ulong? Instructions = null);
