using Guest.Machine;

namespace Replay.Log.Records;

/// <summary>A place in the payload of a frame, from which values are read.</summary>
/// <param name="payload">The whole payload.</param>
/// <param name="offset">Where to start in it.</param>
public ref struct RecordCursor(ReadOnlySpan<byte> payload, int offset)
{
    private const int MaxVarintShift = 63;

    private readonly ReadOnlySpan<byte> _payload = payload;

    /// <summary>Bytes from the payload's start to the cursor.</summary>
    public int Offset { get; private set; } = offset;

    /// <summary>Bytes from the cursor to the payload's end.</summary>
    public readonly int Remaining => _payload.Length - Offset;

    /// <summary>Reads one byte.</summary>
    public byte Byte()
    {
        if (Remaining == 0)
        {
            throw new RecordFormatException("a record ends behind its frame");
        }

        return _payload[Offset++];
    }

    /// <summary>Reads an unsigned number in base 128, lowest group first, in its shortest form (docs/log-format.md).</summary>
    public ulong Varint()
    {
        ulong value = 0;
        for (int shift = 0; shift <= MaxVarintShift; shift += 7)
        {
            byte group = Byte();
            value |= (ulong)(group & 0x7F) << shift;
            if (group < 0x80)
            {
                bool isShortest = shift == 0 || group != 0;
                bool fits = shift < MaxVarintShift || group == 1;
                return isShortest && fits ? value : throw new RecordFormatException("a number is not in its shortest form");
            }
        }

        throw new RecordFormatException("a number has more than 64 bits");
    }

    /// <summary>Reads a signed number: zigzag (0, -1, 1, -2, …) as <see cref="Varint"/>.</summary>
    public long SignedVarint()
    {
        ulong value = Varint();
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    /// <summary>Reads a number that must not exceed a bound.</summary>
    public int BoundedVarint(int max, string what)
    {
        ulong value = Varint();
        return value <= (ulong)max ? (int)value : throw new RecordFormatException($"{what} is {value}, above {max}");
    }

    /// <summary>Reads the slot of a device on the PCI bus.</summary>
    public int Slot() => BoundedVarint(LogFormat.MaxSlot, "the slot of a device");

    /// <summary>Reads a length and that many bytes; the span borrows the payload.</summary>
    public ReadOnlySpan<byte> Bytes()
    {
        ulong length = Varint();
        if (length > (ulong)Remaining)
        {
            throw new RecordFormatException($"the length of a byte string is {length}, above {Remaining}");
        }

        ReadOnlySpan<byte> bytes = _payload.Slice(Offset, (int)length);
        Offset += bytes.Length;
        return bytes;
    }

    /// <summary>Reads a hash of 128 bits.</summary>
    public Hash128 Hash()
    {
        if (Remaining < 16)
        {
            throw new RecordFormatException("a record ends behind its frame");
        }

        Hash128 hash = Hash128.Read(_payload[Offset..]);
        Offset += 16;
        return hash;
    }
}
