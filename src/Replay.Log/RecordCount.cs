using Replay.Log.Records;

namespace Replay.Log;

/// <summary>How much of one kind of record a log holds.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="Count">Records of it.</param>
/// <param name="Bytes">Their bytes before compression.</param>
public readonly record struct RecordCount(RecordKind Kind, long Count, long Bytes);
