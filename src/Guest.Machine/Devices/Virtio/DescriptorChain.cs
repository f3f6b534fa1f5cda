using Guest.Machine.Memory;
using Guest.Machine.State;

namespace Guest.Machine.Devices.Virtio;

/// <summary>The buffers of one request: descriptors that were read once, at the notification, and lie in RAM altogether.</summary>
/// <remarks>It is used again and again, so that taking a request off a ring allocates nothing once the longest chain has been seen.</remarks>
public sealed class DescriptorChain
{
    /// <summary>The most descriptors of a chain; more are a fault of the guest.</summary>
    public const int Longest = 1024;

    private readonly List<Piece> _readable = [];
    private readonly List<Piece> _writable = [];

    /// <summary>The number of its first descriptor, which the used ring repeats.</summary>
    public ushort Head { get; private set; }

    /// <summary>Bytes for the device to read; below 4 GiB.</summary>
    public ulong ReadableBytes { get; private set; }

    /// <summary>Bytes for the device to write; below 4 GiB.</summary>
    public ulong WritableBytes { get; private set; }

    internal int Count => _readable.Count + _writable.Count;

    internal void Clear(ushort head)
    {
        Head = head;
        _readable.Clear();
        _writable.Clear();
        ReadableBytes = 0;
        WritableBytes = 0;
    }

    /// <summary>Appends a buffer.</summary>
    /// <returns>False where the guest may not put it there: not in RAM, too much altogether, or readable behind writable.</returns>
    internal bool TryAdd(GuestMemory memory, ulong address, uint length, bool writable)
    {
        if (Count == Longest || !memory.Contains(new GuestPhysical(address), length) || (!writable && _writable.Count > 0))
        {
            return false;
        }

        (writable ? _writable : _readable).Add(new Piece(address, length));
        ReadableBytes += writable ? 0 : length;
        WritableBytes += writable ? length : 0;
        return ReadableBytes + WritableBytes <= uint.MaxValue;
    }

    /// <summary>Copies what the guest gave to the device.</summary>
    /// <param name="memory">The guest's RAM.</param>
    /// <param name="offset">Bytes from the start of the readable part.</param>
    /// <param name="bytes">Filled whole; the range lies within <see cref="ReadableBytes"/>.</param>
    internal void Read(GuestMemory memory, ulong offset, Span<byte> bytes)
    {
        foreach (Piece piece in _readable)
        {
            if (Part(piece, ref offset, bytes.Length, out GuestPhysical at, out int length))
            {
                memory.Read(at, bytes[..length]);
                bytes = bytes[length..];
            }
        }
    }

    /// <summary>Copies what the device has for the guest.</summary>
    /// <param name="memory">The guest's RAM.</param>
    /// <param name="offset">Bytes from the start of the writable part.</param>
    /// <param name="bytes">Copied whole; the range lies within <see cref="WritableBytes"/>.</param>
    internal void Write(GuestMemory memory, ulong offset, ReadOnlySpan<byte> bytes)
    {
        foreach (Piece piece in _writable)
        {
            if (Part(piece, ref offset, bytes.Length, out GuestPhysical at, out int length))
            {
                memory.Write(at, bytes[..length]);
                bytes = bytes[length..];
            }
        }
    }

    /// <summary>Writes the state of a chain that a device holds.</summary>
    internal void Save(StateWriter writer)
    {
        writer.WriteUInt16(Head);
        Save(writer, _readable);
        Save(writer, _writable);
    }

    /// <summary>Takes over what <see cref="Save(StateWriter)"/> wrote.</summary>
    internal void Restore(StateReader reader, GuestMemory memory)
    {
        Clear(reader.ReadUInt16());
        Restore(reader, memory, writable: false);
        Restore(reader, memory, writable: true);
    }

    private static void Save(StateWriter writer, List<Piece> pieces)
    {
        writer.WriteInt32(pieces.Count);
        foreach (Piece piece in pieces)
        {
            writer.WriteUInt64(piece.Address);
            writer.WriteUInt32(piece.Length);
        }
    }

    private void Restore(StateReader reader, GuestMemory memory, bool writable)
    {
        for (int left = reader.ReadIndex(Longest + 1); left > 0; left--)
        {
            if (!TryAdd(memory, reader.ReadUInt64(), reader.ReadUInt32(), writable))
            {
                throw reader.Damaged("a buffer of a request lies where none can be");
            }
        }
    }

    // The part of a piece that a copy of so many bytes from an offset touches; the offset goes on to the next piece.
    private static bool Part(Piece piece, ref ulong offset, int left, out GuestPhysical at, out int length)
    {
        at = new GuestPhysical(piece.Address + offset);
        ulong room = piece.Length - Math.Min(piece.Length, offset);
        length = (int)Math.Min((ulong)left, room);
        offset -= Math.Min(piece.Length, offset);
        return length > 0;
    }

    private readonly record struct Piece(ulong Address, uint Length);
}
