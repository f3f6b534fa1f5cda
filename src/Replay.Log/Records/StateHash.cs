using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Text.Json;
using Guest.Machine;

namespace Replay.Log.Records;

/// <summary>The hash of the machine's whole state at a position, in parts, noted by the recorder for replays to compare with.</summary>
/// <remarks>
/// What varies: nothing; it is a check and not an input. Logged by the recorder now and then, and at the end. A replay computes its own at
/// the same position, after the records before this one have been applied, and compares. Body: the number of parts (varint); for each its
/// kind (varint), its number (varint) and its hash (16 bytes, little-endian).
/// </remarks>
/// <param name="parts">The parts, in ascending order of kind and number, each once.</param>
public readonly struct StateHash(ImmutableArray<StatePart> parts) : IRecord<StateHash>
{
    private const int SmallestPartBytes = 18;

    /// <inheritdoc/>
    public static RecordKind Kind => RecordKind.StateHash;

    /// <summary>The parts, in ascending order of kind and number, each once.</summary>
    public ImmutableArray<StatePart> Parts { get; } = parts;

    /// <summary>One hash over all parts: SHA-256 over kind, number (4 bytes each) and hash of each, its first 128 bits.</summary>
    public Hash128 Combined()
    {
        byte[] bytes = new byte[Parts.Length * 24];
        Span<byte> rest = bytes;
        foreach (StatePart part in Parts)
        {
            BinaryPrimitives.WriteInt32LittleEndian(rest, (int)part.Kind);
            BinaryPrimitives.WriteInt32LittleEndian(rest[4..], part.Number);
            part.Hash.Write(rest[8..]);
            rest = rest[24..];
        }

        return Hash128.OfSha256(bytes);
    }

    /// <summary>The parts in which two state hashes differ, those that only one of them has included; empty where they are equal.</summary>
    public ImmutableArray<StatePart> DifferingParts(StateHash other)
    {
        ImmutableArray<StatePart> mine = Parts;
        IEnumerable<StatePart> onlyMine = mine.Where(part => !other.Parts.Contains(part));
        IEnumerable<StatePart> onlyTheirs = other.Parts.Where(part => !mine.Any(own => own.Kind == part.Kind && own.Number == part.Number));
        return [.. onlyMine, .. onlyTheirs];
    }

    /// <inheritdoc/>
    public static StateHash Read(scoped ref RecordCursor cursor, RecordPlace place)
    {
        int count = cursor.BoundedVarint(cursor.Remaining / SmallestPartBytes, "the number of parts of a state hash");
        ImmutableArray<StatePart>.Builder parts = ImmutableArray.CreateBuilder<StatePart>(count);
        for (int i = 0; i < count; i++)
        {
            parts.Add(ReadPart(ref cursor));
        }

        return new StateHash(parts.MoveToImmutable());
    }

    /// <inheritdoc/>
    public void Write(RecordBuffer buffer, RecordPlace place)
    {
        buffer.Varint((ulong)Parts.Length);
        foreach (StatePart part in Parts)
        {
            buffer.Varint((ulong)part.Kind);
            buffer.Varint((ulong)part.Number);
            buffer.Hash(part.Hash);
        }
    }

    /// <inheritdoc/>
    public void Describe(Utf8JsonWriter json)
    {
        json.WriteString("hash", Combined().ToString());
        json.WriteStartArray("parts");
        foreach (StatePart part in Parts)
        {
            json.WriteStartObject();
            json.WriteString("kind", part.Kind.ToString());
            json.WriteNumber("number", part.Number);
            json.WriteString("hash", part.Hash.ToString());
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static StatePart ReadPart(ref RecordCursor cursor)
    {
        int kind = cursor.BoundedVarint(int.MaxValue, "the kind of a part of a state hash");
        if (!Enum.IsDefined((StatePartKind)kind))
        {
            throw new RecordFormatException($"a state hash with a part of kind {kind}", isUnknown: true);
        }

        return new StatePart((StatePartKind)kind, cursor.BoundedVarint(int.MaxValue, "the number of a part of a state hash"), cursor.Hash());
    }
}
