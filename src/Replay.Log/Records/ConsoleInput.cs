using System.Text.Json;

namespace Replay.Log.Records;

/// <summary>Bytes that the user typed at the guest's console.</summary>
/// <remarks>
/// What varies: what is typed, and when. Logged by the recorder at the position at which it hands the bytes to the serial port's receiver.
/// Injected there. The bytes are what the terminal sent, control characters included, so passwords typed into the guest are in the log.
/// Body: the length (varint), the bytes.
/// </remarks>
/// <param name="bytes">The bytes in the order typed; borrowed.</param>
public readonly ref struct ConsoleInput(ReadOnlySpan<byte> bytes) : IRecord<ConsoleInput>
{
    /// <inheritdoc/>
    public static RecordKind Kind => RecordKind.ConsoleInput;

    /// <summary>The bytes in the order typed; valid until the reader moves on.</summary>
    public ReadOnlySpan<byte> Bytes { get; } = bytes;

    /// <inheritdoc/>
    public static ConsoleInput Read(scoped ref RecordCursor cursor, RecordPlace place) => new(cursor.Bytes());

    /// <inheritdoc/>
    public void Write(RecordBuffer buffer, RecordPlace place) => buffer.Bytes(Bytes);

    /// <inheritdoc/>
    public void Describe(Utf8JsonWriter json) => json.WriteString("bytes", Convert.ToHexStringLower(Bytes));
}
