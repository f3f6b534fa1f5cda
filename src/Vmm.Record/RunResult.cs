using Guest.Machine;
using Replay.Log.Records;

namespace Vmm.Record;

/// <summary>How a live run ended.</summary>
/// <param name="Reason">Why.</param>
/// <param name="Position">Where.</param>
/// <param name="Instructions">Instructions of this run.</param>
/// <param name="LogBytes">Bytes of the log; 0 without a recording.</param>
/// <param name="Lost">Why the recording ended before the run did; null where it did not.</param>
public sealed record RunResult(EndReason Reason, Position Position, ulong Instructions, long LogBytes, ReplayKitException? Lost = null);
