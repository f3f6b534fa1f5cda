using Guest.Machine;
using Replay.Log.Records;

namespace Vmm.Record;

/// <summary>How a live run ended.</summary>
/// <param name="Reason">Why.</param>
/// <param name="Position">Where.</param>
/// <param name="Instructions">Instructions of this run.</param>
/// <param name="LogBytes">Bytes of the log; 0 without a recording.</param>
public sealed record RunResult(EndReason Reason, Position Position, ulong Instructions, long LogBytes);
