namespace Replay.Multicore;

/// <summary>Where a vCPU must have come to: it has retired at least that many of its own instructions.</summary>
/// <param name="Vcpu">The vCPU's number.</param>
/// <param name="Retired">Instructions retired by it.</param>
public readonly record struct Passed(int Vcpu, ulong Retired);
