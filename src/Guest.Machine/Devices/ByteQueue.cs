using Guest.Machine.State;

namespace Guest.Machine.Devices;

/// <summary>A first-in first-out queue of bytes with a fixed capacity.</summary>
internal sealed class ByteQueue
{
    private readonly byte[] _bytes;
    private int _head;

    internal ByteQueue(int capacity) => _bytes = new byte[capacity];

    internal int Count { get; private set; }

    internal int Room => _bytes.Length - Count;

    internal void Clear()
    {
        _head = 0;
        Count = 0;
    }

    /// <summary>Adds a byte; where the queue is full, false and nothing is added.</summary>
    internal bool TryAdd(byte value)
    {
        if (Room == 0)
        {
            return false;
        }

        _bytes[(_head + Count) % _bytes.Length] = value;
        Count++;
        return true;
    }

    /// <summary>Adds bytes as far as there is room.</summary>
    /// <returns>How many were added, from the start of the span.</returns>
    internal int Add(ReadOnlySpan<byte> bytes)
    {
        int taken = Math.Min(bytes.Length, Room);
        foreach (byte value in bytes[..taken])
        {
            TryAdd(value);
        }

        return taken;
    }

    /// <summary>Takes the oldest byte; where the queue is empty, false.</summary>
    internal bool TryTake(out byte value)
    {
        value = _bytes[_head];
        if (Count == 0)
        {
            value = 0;
            return false;
        }

        _head = (_head + 1) % _bytes.Length;
        Count--;
        return true;
    }

    // Only what is queued is state; where it lies in the ring is not.
    internal void Save(StateWriter writer)
    {
        writer.WriteInt32(Count);
        for (int i = 0; i < Count; i++)
        {
            writer.WriteByte(_bytes[(_head + i) % _bytes.Length]);
        }
    }

    internal void Restore(StateReader reader)
    {
        _head = 0;
        Count = reader.ReadIndex(_bytes.Length + 1);
        reader.ReadBytes(_bytes.AsSpan(0, Count));
    }
}
