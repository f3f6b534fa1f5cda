using System.Buffers.Binary;

namespace Guest.Machine.State;

/// <summary>Reads what a <see cref="StateWriter"/> wrote.</summary>
/// <remarks>State can come from a damaged file: whatever does not fit ends in RK0280 with the offset, never in another exception.</remarks>
public sealed class StateReader
{
    private readonly ReadOnlyMemory<byte> _bytes;
    private readonly int _origin;
    private int _offset;

    /// <summary>Starts at the first byte.</summary>
    public StateReader(ReadOnlyMemory<byte> bytes) => _bytes = bytes;

    private StateReader(ReadOnlyMemory<byte> bytes, int origin)
        : this(bytes) => _origin = origin;

    /// <summary>Bytes read so far.</summary>
    public int Offset => _offset;

    /// <summary>True where everything was read.</summary>
    public bool AtEnd => _offset == _bytes.Length;

    /// <summary>Reads one byte.</summary>
    public byte ReadByte() => Take(1)[0];

    /// <summary>Reads one byte that must be 0 or 1.</summary>
    public bool ReadBool() => ReadByte() switch
    {
        0 => false,
        1 => true,
        byte other => throw Damaged($"{other} is no truth value"),
    };

    /// <summary>Reads two bytes.</summary>
    public ushort ReadUInt16() => BinaryPrimitives.ReadUInt16LittleEndian(Take(2));

    /// <summary>Reads four bytes.</summary>
    public uint ReadUInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(4));

    /// <summary>Reads four bytes.</summary>
    public int ReadInt32() => unchecked((int)ReadUInt32());

    /// <summary>Reads eight bytes.</summary>
    public ulong ReadUInt64() => BinaryPrimitives.ReadUInt64LittleEndian(Take(8));

    /// <summary>Reads eight bytes.</summary>
    public long ReadInt64() => unchecked((long)ReadUInt64());

    /// <summary>Fills the span.</summary>
    public void ReadBytes(Span<byte> destination) => Take(destination.Length).CopyTo(destination);

    /// <summary>Reads a number that an array will be indexed with.</summary>
    /// <param name="limit">One more than the largest number that makes sense.</param>
    public int ReadIndex(int limit)
    {
        int value = ReadInt32();
        return value >= 0 && value < limit ? value : throw Damaged($"{value} is not below {limit}");
    }

    /// <summary>Reads what <see cref="StateWriter.WritePart"/> wrote: all of it, no more and no less.</summary>
    /// <param name="name">What it is the state of, for messages.</param>
    /// <param name="restore">Reads it.</param>
    public void ReadPart(string name, Action<StateReader> restore)
    {
        int length = ReadIndex(_bytes.Length - _offset - sizeof(int) + 1);
        StateReader part = new(_bytes.Slice(_offset, length), _origin + _offset);
        restore(part);
        part.ExpectEnd(name);
        _offset += length;
    }

    /// <summary>Checks that nothing is left.</summary>
    /// <param name="name">What has been read.</param>
    public void ExpectEnd(string name = "the machine")
    {
        if (!AtEnd)
        {
            throw Damaged($"the state of {name} has more bytes than it can have");
        }
    }

    /// <summary>Reads one byte that must be below a limit.</summary>
    public byte ReadIndexByte(int limit)
    {
        byte value = ReadByte();
        return value < limit ? value : throw Damaged($"{value} is not below {limit}");
    }

    /// <summary>The error for what was just read, where it is nothing that the device can have written.</summary>
    public ReplayKitException Damaged(string what) =>
        new(280, ExitCode.BadInput, $"the saved machine state is damaged at offset {_origin + _offset}: {what}; remove the recording's checkpoints and make them again");

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > _bytes.Length - _offset)
        {
            throw Damaged($"{count} more bytes are needed, {_bytes.Length - _offset} are there");
        }

        _offset += count;
        return _bytes.Span.Slice(_offset - count, count);
    }
}
