using Replay.Engine.Observe;

namespace Analysis.Plugins.Profiling;

/// <summary>A thread's stack while it does not run.</summary>
/// <param name="Stack">The stack.</param>
/// <param name="Owner">Whose its user code is; null where it has not run any since it was first seen.</param>
internal readonly record struct ThreadStack(int Stack, CodeOwner? Owner);
