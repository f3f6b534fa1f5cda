using Guest.Machine.X86.Observe;

namespace Replay.Engine.Observe;

/// <summary>Takes a vCPU's trace as it was written: what was executed since the last call, in order. The words are the engine's again afterwards.</summary>
/// <param name="trace">The trace; the numbers among the words are those of its pieces.</param>
/// <param name="words">The words (<see cref="TraceWords"/>); accesses are among them where a plugin wants those.</param>
public delegate void TraceBatch(CodeTrace trace, ReadOnlySpan<ulong> words);
