namespace Replay.Engine.Debug;

/// <summary>Where a debugged replay has stopped, and why.</summary>
/// <param name="Cause">Why.</param>
/// <param name="Watched">The watchpoint, where it was one.</param>
public readonly record struct DebugStop(StopCause Cause, Watchpoint? Watched = null);
