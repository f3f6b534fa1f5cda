using System.Buffers;

namespace Trace.Export.Parquet;

/// <summary>Numbers of 7 bits per byte, least first (ULEB128), as Thrift and Parquet's encodings use them.</summary>
internal static class Varint
{
    /// <summary>The most bytes that a number takes.</summary>
    public const int MaxLength = 10;

    /// <summary>Appends an unsigned number.</summary>
    public static void Write(ArrayBufferWriter<byte> to, ulong value) => to.Advance(Write(to.GetSpan(MaxLength), value));

    /// <summary>Appends a signed number in zigzag form.</summary>
    public static void WriteZigZag(ArrayBufferWriter<byte> to, long value) => Write(to, ZigZag(value));

    /// <summary>0, -1, 1, -2 and so on become 0, 1, 2, 3.</summary>
    public static ulong ZigZag(long value) => unchecked((ulong)(value << 1) ^ (ulong)(value >> 63));

    /// <summary>Writes an unsigned number to the start of a span.</summary>
    /// <returns>Its length.</returns>
    public static int Write(Span<byte> to, ulong value)
    {
        int length = 0;
        for (; value >= 0x80; value >>= 7)
        {
            to[length++] = (byte)(value | 0x80);
        }

        to[length++] = (byte)value;
        return length;
    }
}
