using System.Numerics;
using System.Runtime.InteropServices;
using Trace.Export.Schema;

namespace Trace.Export.Parquet;

/// <summary>The least and the greatest value of a page or a column chunk, in the column's order.</summary>
/// <param name="Least">For numbers and symbols: the least value's key, which compares unsigned.</param>
/// <param name="Greatest">The greatest value's key.</param>
/// <param name="LeastBytes">For byte strings: the least one.</param>
/// <param name="GreatestBytes">For byte strings: the greatest one.</param>
internal readonly record struct ValueRange(ulong Least, ulong Greatest, byte[]? LeastBytes = null, byte[]? GreatestBytes = null)
{
    private const ulong SignBit = 1UL << 63;

    /// <summary>The range of a page.</summary>
    /// <param name="column">The column.</param>
    /// <param name="words">Its values, at least one.</param>
    /// <param name="heap">For byte strings, their bytes.</param>
    public static ValueRange Of(ColumnSchema column, ReadOnlySpan<ulong> words, ReadOnlySpan<byte> heap)
    {
        if (column.Type == ColumnType.Bytes)
        {
            return OfBytes(words, heap);
        }

        if (!column.IsSigned)
        {
            (ulong least, ulong greatest) = Extremes(words);
            return new ValueRange(least, greatest);
        }

        (long lowest, long highest) = Extremes(MemoryMarshal.Cast<ulong, long>(words));
        return new ValueRange((ulong)lowest ^ SignBit, (ulong)highest ^ SignBit);
    }

    /// <summary>The range of both.</summary>
    public ValueRange Union(ValueRange other) => new(
        Math.Min(Least, other.Least),
        Math.Max(Greatest, other.Greatest),
        Compare(other.LeastBytes, LeastBytes) < 0 ? other.LeastBytes : LeastBytes,
        Compare(other.GreatestBytes, GreatestBytes) > 0 ? other.GreatestBytes : GreatestBytes);

    /// <summary>Whether this range neither begins nor ends below the other.</summary>
    public bool IsAtOrAbove(ValueRange other) => Least >= other.Least && Greatest >= other.Greatest
        && Compare(LeastBytes, other.LeastBytes) >= 0 && Compare(GreatestBytes, other.GreatestBytes) >= 0;

    /// <summary>The least value as statistics hold it.</summary>
    public byte[] LeastOf(ColumnSchema column) => LeastBytes ?? Plain(column, Least);

    /// <summary>The greatest value as statistics hold it.</summary>
    public byte[] GreatestOf(ColumnSchema column) => GreatestBytes ?? Plain(column, Greatest);

    private static byte[] Plain(ColumnSchema column, ulong key)
    {
        ulong word = column.IsSigned ? key ^ SignBit : key;
        return ParquetSchema.PhysicalOf(column.Type) switch
        {
            PhysicalType.Boolean => [(byte)word],
            PhysicalType.Int32 => BitConverter.GetBytes((uint)word),
            PhysicalType.Int64 => BitConverter.GetBytes(word),
            _ => column.Symbols!.Utf8((int)word).ToArray(),
        };
    }

    private static (T Least, T Greatest) Extremes<T>(ReadOnlySpan<T> values)
        where T : struct, INumber<T>
    {
        ReadOnlySpan<Vector<T>> vectors = MemoryMarshal.Cast<T, Vector<T>>(values);
        Vector<T> low = new(values[0]);
        Vector<T> high = low;
        foreach (Vector<T> vector in vectors)
        {
            low = Vector.Min(low, vector);
            high = Vector.Max(high, vector);
        }

        T least = values[0];
        T greatest = values[0];
        for (int i = 0; i < Vector<T>.Count; i++)
        {
            least = T.Min(least, low[i]);
            greatest = T.Max(greatest, high[i]);
        }

        foreach (T value in values[(vectors.Length * Vector<T>.Count)..])
        {
            least = T.Min(least, value);
            greatest = T.Max(greatest, value);
        }

        return (least, greatest);
    }

    private static ValueRange OfBytes(ReadOnlySpan<ulong> lengths, ReadOnlySpan<byte> heap)
    {
        ReadOnlySpan<byte> least = heap[..(int)lengths[0]];
        ReadOnlySpan<byte> greatest = least;
        foreach (ulong length in lengths)
        {
            ReadOnlySpan<byte> value = heap[..(int)length];
            heap = heap[(int)length..];
            least = value.SequenceCompareTo(least) < 0 ? value : least;
            greatest = value.SequenceCompareTo(greatest) > 0 ? value : greatest;
        }

        return new ValueRange(0, 0, least.ToArray(), greatest.ToArray());
    }

    private static int Compare(byte[]? left, byte[]? right) => left.AsSpan().SequenceCompareTo(right);
}
