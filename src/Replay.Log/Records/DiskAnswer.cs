using System.Text.Json;
using Guest.Machine;
using Guest.Machine.Devices.Block;

namespace Replay.Log.Records;

/// <summary>The answer to a request of the guest to a disk.</summary>
/// <remarks>
/// What varies: when the host's storage has done what was asked for, and whether it could. Logged by the recorder where it hands the answer to the
/// device. Injected there: a replay makes the request on its own disk, which has the recording's image and the writes so far on it, compares the hash of
/// what it reads with this one, and hands it to the device.
/// Body: the device's slot (varint); index × 8 + status × 2 + 1 if a hash follows (varint); the hash (16 bytes, little-endian).
/// </remarks>
/// <param name="Slot">The device's slot on the PCI bus.</param>
/// <param name="Index">The request's place among those that wait for an answer, from the oldest, which is 0.</param>
/// <param name="Status">How it ended.</param>
/// <param name="Hash">The first 128 bits of the SHA-256 of what was read; null where nothing was.</param>
public readonly record struct DiskAnswer(int Slot, int Index, DiskStatus Status, Hash128? Hash) : IRecord<DiskAnswer>
{
    private const int MaxIndex = 1 << 20;
    private const int IndexShift = 3;
    private const int StatusShift = 1;

    /// <inheritdoc/>
    public static RecordKind Kind => RecordKind.DiskAnswer;

    /// <inheritdoc/>
    public static DiskAnswer Read(scoped ref RecordCursor cursor, RecordPlace place)
    {
        int slot = cursor.Slot();
        int word = cursor.BoundedVarint(MaxIndex << IndexShift, "a disk's answer");
        var status = (DiskStatus)((word >> StatusShift) & 3);
        return Enum.IsDefined(status)
            ? new DiskAnswer(slot, word >> IndexShift, status, (word & 1) == 0 ? null : cursor.Hash())
            : throw new RecordFormatException($"a disk's answer with status {(int)status}", isUnknown: true);
    }

    /// <inheritdoc/>
    public void Write(RecordBuffer buffer, RecordPlace place)
    {
        buffer.Varint((ulong)Slot);
        buffer.Varint(((ulong)Index << IndexShift) | ((ulong)Status << StatusShift) | (Hash is null ? 0UL : 1UL));
        if (Hash is { } hash)
        {
            buffer.Hash(hash);
        }
    }

    /// <inheritdoc/>
    public void Describe(Utf8JsonWriter json)
    {
        json.WriteNumber("slot", Slot);
        json.WriteNumber("index", Index);
        json.WriteString("status", Status.ToString());
        if (Hash is { } hash)
        {
            json.WriteString("hash", hash.ToString());
        }
    }
}
