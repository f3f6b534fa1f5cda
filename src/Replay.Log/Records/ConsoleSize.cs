using System.Text.Json;

namespace Replay.Log.Records;

/// <summary>A new size of the terminal that the guest's virtio console is on.</summary>
/// <remarks>
/// What varies: the size, and when it changes. Logged by the recorder where it tells the device. Injected there: the device's configuration changes, and
/// its interrupt says so. Body: characters of a line (varint), lines (varint).
/// </remarks>
/// <param name="Columns">Characters of a line.</param>
/// <param name="Rows">Lines.</param>
public readonly record struct ConsoleSize(ushort Columns, ushort Rows) : IRecord<ConsoleSize>
{
    /// <inheritdoc/>
    public static RecordKind Kind => RecordKind.ConsoleSize;

    /// <inheritdoc/>
    public static ConsoleSize Read(scoped ref RecordCursor cursor, RecordPlace place) => new(Part(ref cursor), Part(ref cursor));

    /// <inheritdoc/>
    public void Write(RecordBuffer buffer, RecordPlace place)
    {
        buffer.Varint(Columns);
        buffer.Varint(Rows);
    }

    /// <inheritdoc/>
    public void Describe(Utf8JsonWriter json)
    {
        json.WriteNumber("columns", Columns);
        json.WriteNumber("rows", Rows);
    }

    private static ushort Part(scoped ref RecordCursor cursor) =>
        cursor.Varint() is <= ushort.MaxValue and ulong value ? (ushort)value : throw new RecordFormatException("a terminal of more than 65535 characters or lines");
}
