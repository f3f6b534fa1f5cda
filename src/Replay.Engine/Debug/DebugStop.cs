using Guest.Machine.X86;

namespace Replay.Engine.Debug;

/// <summary>Where a debugged replay has stopped, and why.</summary>
/// <param name="Cause">Why.</param>
/// <param name="Watched">The watchpoint, where it was one.</param>
/// <param name="By">The vCPU whose access it was; its turn may have ended behind the access, and then another one is in turn.</param>
public readonly record struct DebugStop(StopCause Cause, Watchpoint? Watched = null, Vcpu? By = null);
