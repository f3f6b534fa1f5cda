using Guest.Machine;

namespace Replay.Log.Records;

/// <summary>The payload of the frame that is being filled; it grows as needed and is used again for the next frame.</summary>
public sealed class RecordBuffer
{
    private byte[] _bytes = new byte[4096];

    /// <summary>Bytes written so far.</summary>
    public int Length { get; private set; }

    /// <summary>What was written so far; valid until the next write.</summary>
    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, Length);

    /// <summary>Drops what was written from that length on.</summary>
    public void Truncate(int length) => Length = length;

    /// <summary>Writes one byte.</summary>
    public void Byte(byte value) => Grow(1)[0] = value;

    /// <summary>Writes an unsigned number in base 128, lowest group first, in its shortest form.</summary>
    public void Varint(ulong value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            Byte((byte)(value | 0x80));
        }

        Byte((byte)value);
    }

    /// <summary>Writes a signed number: zigzag (0, -1, 1, -2, …) as <see cref="Varint"/>.</summary>
    public void SignedVarint(long value) => Varint((ulong)((value << 1) ^ (value >> 63)));

    /// <summary>Writes a length and the bytes.</summary>
    public void Bytes(ReadOnlySpan<byte> bytes)
    {
        Varint((ulong)bytes.Length);
        Raw(bytes);
    }

    /// <summary>Writes a hash of 128 bits.</summary>
    public void Hash(Hash128 hash) => hash.Write(Grow(16));

    /// <summary>Writes the bytes alone.</summary>
    public void Raw(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Grow(bytes.Length));

    private Span<byte> Grow(int count)
    {
        int start = Length;
        if (_bytes.Length - start < count)
        {
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, start + count));
        }

        Length = start + count;
        return _bytes.AsSpan(start, count);
    }
}
