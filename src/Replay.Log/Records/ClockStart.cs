using System.Text.Json;

namespace Replay.Log.Records;

/// <summary>The wall-clock time at which the machine's CMOS clock starts.</summary>
/// <remarks>
/// What varies: when the recording is made; under a virtual clock it is fixed. Logged once, at 0:0, by the recorder. Injected into the
/// CMOS clock, which adds the time-stamp counter from there on. Body: the seconds (signed varint).
/// </remarks>
/// <param name="UnixSeconds">Seconds since 1970-01-01 00:00 UTC.</param>
public readonly record struct ClockStart(long UnixSeconds) : IRecord<ClockStart>
{
    /// <inheritdoc/>
    public static RecordKind Kind => RecordKind.ClockStart;

    /// <inheritdoc/>
    public static ClockStart Read(scoped ref RecordCursor cursor, RecordPlace place) => new(cursor.SignedVarint());

    /// <inheritdoc/>
    public void Write(RecordBuffer buffer, RecordPlace place) => buffer.SignedVarint(UnixSeconds);

    /// <inheritdoc/>
    public void Describe(Utf8JsonWriter json) => json.WriteNumber("unixSeconds", UnixSeconds);
}
