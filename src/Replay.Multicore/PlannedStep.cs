namespace Replay.Multicore;

/// <summary>What a vCPU does where it has retired a number of instructions, in a replay in parallel.</summary>
/// <param name="At">Its own instructions before.</param>
/// <param name="Kind">What.</param>
/// <param name="Other">The vCPU that it waits for.</param>
/// <param name="Value">Instructions that the other must have retired, or the time in ticks.</param>
/// <param name="Done">Steps that the other must have done since the last cut.</param>
internal readonly record struct PlannedStep(ulong At, PlannedStepKind Kind, int Other = 0, ulong Value = 0, int Done = 0);
