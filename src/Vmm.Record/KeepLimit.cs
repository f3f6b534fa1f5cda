namespace Vmm.Record;

/// <summary>How much of a rolling recording is kept.</summary>
/// <param name="Time">At least this long, and at most twice; or null.</param>
/// <param name="Bytes">At most so many bytes of log, checkpoints and overlays in the recording; or null.</param>
public sealed record KeepLimit(TimeSpan? Time, long? Bytes);
