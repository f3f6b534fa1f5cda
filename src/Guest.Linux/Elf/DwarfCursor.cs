using System.Buffers.Binary;
using System.Text;

namespace Guest.Linux.Elf;

/// <summary>Reads DWARF's encodings one after the other. Behind the end everything is 0, and <see cref="IsOver"/> says so.</summary>
internal ref struct DwarfCursor(ReadOnlySpan<byte> bytes)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;

    /// <summary>Where the next one is.</summary>
    public int At { get; private set; }

    /// <summary>Whether more was asked for than there is.</summary>
    public bool IsOver { get; private set; }

    /// <summary>Whether there is nothing left.</summary>
    public readonly bool AtEnd => IsOver || At >= _bytes.Length;

    /// <summary>Goes on elsewhere.</summary>
    public void GoTo(ulong at)
    {
        IsOver |= at > (ulong)_bytes.Length;
        At = IsOver ? _bytes.Length : (int)at;
    }

    public byte U8() => Take(1) is { Length: 1 } taken ? taken[0] : (byte)0;

    public ushort U16() => Take(2) is { Length: 2 } taken ? BinaryPrimitives.ReadUInt16LittleEndian(taken) : (ushort)0;

    public uint U32() => Take(4) is { Length: 4 } taken ? BinaryPrimitives.ReadUInt32LittleEndian(taken) : 0;

    public ulong U64() => Take(8) is { Length: 8 } taken ? BinaryPrimitives.ReadUInt64LittleEndian(taken) : 0;

    /// <summary>An offset: of 8 bytes in the 64-bit format of DWARF.</summary>
    public ulong Offset(bool wide) => wide ? U64() : U32();

    public ulong Uleb()
    {
        ulong value = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte part = U8();
            value |= shift < 64 ? (ulong)(part & 0x7F) << shift : 0;
            if ((part & 0x80) == 0)
            {
                return value;
            }
        }
    }

    public long Sleb()
    {
        long value = 0;
        int shift = 0;
        byte part;
        do
        {
            part = U8();
            value |= shift < 64 ? (long)(part & 0x7F) << shift : 0;
            shift += 7;
        }
        while ((part & 0x80) != 0);
        return (part & 0x40) != 0 && shift < 64 ? value | (-1L << shift) : value;
    }

    /// <summary>A text that ends with 0.</summary>
    public string Text()
    {
        ReadOnlySpan<byte> rest = _bytes[At..];
        int end = rest.IndexOf((byte)0);
        GoTo((ulong)At + (ulong)(end < 0 ? rest.Length + 1 : end + 1));
        return Encoding.UTF8.GetString(end < 0 ? rest : rest[..end]);
    }

    public void Skip(ulong count) => GoTo((ulong)At + Math.Min(count, (ulong)int.MaxValue));

    private ReadOnlySpan<byte> Take(int count)
    {
        IsOver |= _bytes.Length - At < count;
        if (IsOver)
        {
            return [];
        }

        ReadOnlySpan<byte> taken = _bytes.Slice(At, count);
        At += count;
        return taken;
    }
}
