using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Trace.Export.Schema;

namespace Trace.Export.Parquet.Encodings;

/// <summary>PLAIN: values one after the other, little-endian (Apache Parquet format, Encodings.md).</summary>
internal static class PlainEncoder
{
    /// <summary>Appends 64-bit values.</summary>
    public static void EncodeInt64(ReadOnlySpan<ulong> words, ArrayBufferWriter<byte> to) => to.Write(MemoryMarshal.AsBytes(words));

    /// <summary>Appends the low halves of the words as 32-bit values.</summary>
    public static void EncodeInt32(ReadOnlySpan<ulong> words, ArrayBufferWriter<byte> to)
    {
        Span<uint> values = MemoryMarshal.Cast<byte, uint>(to.GetSpan(words.Length * 4))[..words.Length];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = (uint)words[i];
        }

        to.Advance(words.Length * 4);
    }

    /// <summary>Appends booleans, eight per byte, the first one lowest.</summary>
    public static void EncodeBoolean(ReadOnlySpan<ulong> words, ArrayBufferWriter<byte> to)
    {
        int length = (words.Length + 7) / 8;
        Span<byte> bytes = to.GetSpan(length)[..length];
        bytes.Clear();
        for (int i = 0; i < words.Length; i++)
        {
            bytes[i >> 3] |= (byte)((words[i] & 1) << (i & 7));
        }

        to.Advance(length);
    }

    /// <summary>Appends byte strings, each after its 4-byte length.</summary>
    /// <param name="lengths">The length of each string.</param>
    /// <param name="heap">The strings one after the other.</param>
    /// <param name="to">Where they go.</param>
    public static void EncodeBytes(ReadOnlySpan<ulong> lengths, ReadOnlySpan<byte> heap, ArrayBufferWriter<byte> to)
    {
        foreach (ulong length in lengths)
        {
            EncodeOne(heap[..(int)length], to);
            heap = heap[(int)length..];
        }
    }

    /// <summary>Appends the texts of symbols.</summary>
    public static void EncodeSymbols(ReadOnlySpan<ulong> ranks, SymbolTable symbols, ArrayBufferWriter<byte> to)
    {
        foreach (ulong rank in ranks)
        {
            EncodeOne(symbols.Utf8((int)rank), to);
        }
    }

    private static void EncodeOne(ReadOnlySpan<byte> value, ArrayBufferWriter<byte> to)
    {
        BinaryPrimitives.WriteInt32LittleEndian(to.GetSpan(4), value.Length);
        to.Advance(4);
        to.Write(value);
    }
}
