using System.Text.Json;

namespace Replay.Log.Records;

/// <summary>A frame that the network had for the guest.</summary>
/// <remarks>
/// What varies: the frame, and when it comes. Logged by the recorder where the guest's network device takes it; what comes while the guest's driver does
/// not run is lost and not logged. Injected there: the device puts it into the buffers that the guest has offered.
/// Body: the device's slot (varint), the length (varint), the bytes from the destination address on, without checksum.
/// </remarks>
/// <param name="slot">The device's slot on the PCI bus.</param>
/// <param name="frame">The frame; borrowed.</param>
public readonly ref struct FrameInput(int slot, ReadOnlySpan<byte> frame) : IRecord<FrameInput>
{
    /// <inheritdoc/>
    public static RecordKind Kind => RecordKind.FrameInput;

    /// <summary>The device's slot on the PCI bus.</summary>
    public int Slot { get; } = slot;

    /// <summary>The frame; valid until the reader moves on.</summary>
    public ReadOnlySpan<byte> Frame { get; } = frame;

    /// <inheritdoc/>
    public static FrameInput Read(scoped ref RecordCursor cursor, RecordPlace place) => new(cursor.Slot(), cursor.Bytes());

    /// <inheritdoc/>
    public void Write(RecordBuffer buffer, RecordPlace place)
    {
        buffer.Varint((ulong)Slot);
        buffer.Bytes(Frame);
    }

    /// <inheritdoc/>
    public void Describe(Utf8JsonWriter json)
    {
        json.WriteNumber("slot", Slot);
        json.WriteString("frame", Convert.ToHexStringLower(Frame));
    }
}
