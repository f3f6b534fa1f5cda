using System.Text.Json;

namespace Replay.Log.Records;

/// <summary>Random bytes for the guest's entropy device.</summary>
/// <remarks>
/// What varies: the bytes (the host's random source; under a virtual clock a fixed sequence), and when they come. Logged by the recorder where
/// it hands them to the device. Injected there: the oldest request of the device is filled with them.
/// Body: the device's slot (varint), the length (varint), the bytes.
/// </remarks>
/// <param name="slot">The device's slot on the PCI bus.</param>
/// <param name="bytes">The bytes; borrowed.</param>
public readonly ref struct EntropyInput(int slot, ReadOnlySpan<byte> bytes) : IRecord<EntropyInput>
{
    /// <inheritdoc/>
    public static RecordKind Kind => RecordKind.EntropyInput;

    /// <summary>The device's slot on the PCI bus.</summary>
    public int Slot { get; } = slot;

    /// <summary>The bytes; valid until the reader moves on.</summary>
    public ReadOnlySpan<byte> Bytes { get; } = bytes;

    /// <inheritdoc/>
    public static EntropyInput Read(scoped ref RecordCursor cursor, RecordPlace place) => new(cursor.Slot(), cursor.Bytes());

    /// <inheritdoc/>
    public void Write(RecordBuffer buffer, RecordPlace place)
    {
        buffer.Varint((ulong)Slot);
        buffer.Bytes(Bytes);
    }

    /// <inheritdoc/>
    public void Describe(Utf8JsonWriter json)
    {
        json.WriteNumber("slot", Slot);
        json.WriteString("bytes", Convert.ToHexStringLower(Bytes));
    }
}
