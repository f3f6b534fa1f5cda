using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Trace.Export.Parquet.Encodings;

/// <summary>DELTA_BINARY_PACKED: the first value, then differences in blocks, each less the block's least (Apache Parquet format, Encodings.md).</summary>
/// <remarks>Differences are packed in whole bytes, which is faster, and smaller once compressed, than the fewest possible bits.</remarks>
internal static class DeltaBinaryPackedEncoder
{
    private const int BlockValues = 128;
    private const int Miniblocks = 4;
    private const int MiniblockValues = BlockValues / Miniblocks;

    // Each value is stored as a whole word of which the next value overwrites what is too much.
    private const int Slack = 8;
    private const int MaxBlockLength = Varint.MaxLength + Miniblocks + (BlockValues * 8) + Slack;

    /// <summary>Appends values; their differences wrap.</summary>
    /// <param name="words">The values, at least one.</param>
    /// <param name="narrow">Whether they are 32-bit values, so that differences wrap at 32 bits.</param>
    /// <param name="to">Where they go.</param>
    public static void Encode(ReadOnlySpan<ulong> words, bool narrow, ArrayBufferWriter<byte> to)
    {
        Varint.Write(to, BlockValues);
        Varint.Write(to, Miniblocks);
        Varint.Write(to, (ulong)words.Length);
        Varint.WriteZigZag(to, narrow ? (int)words[0] : (long)words[0]);

        Span<ulong> differences = stackalloc ulong[BlockValues];
        for (int at = 1; at < words.Length; at += BlockValues)
        {
            int count = Math.Min(BlockValues, words.Length - at);
            long least = Subtract(words.Slice(at - 1, count + 1), narrow, differences[..count]);
            differences[count..].Clear();
            Span<byte> block = to.GetSpan(MaxBlockLength);
            to.Advance(WriteBlock(differences, count, least, block));
        }
    }

    /// <summary>Fills in each difference less the least one.</summary>
    /// <returns>The least difference.</returns>
    private static long Subtract(ReadOnlySpan<ulong> words, bool narrow, Span<ulong> differences)
    {
        Span<long> signed = MemoryMarshal.Cast<ulong, long>(differences);
        ReadOnlySpan<ulong> next = words[1..];
        for (int i = 0; i < signed.Length; i++)
        {
            signed[i] = unchecked((long)(next[i] - words[i]));
        }

        if (narrow)
        {
            foreach (ref long difference in signed)
            {
                difference = (int)difference;
            }
        }

        long least = long.MaxValue;
        foreach (long difference in signed)
        {
            least = Math.Min(least, difference);
        }

        foreach (ref ulong difference in differences)
        {
            difference = unchecked(difference - (ulong)least);
        }

        return least;
    }

    private static int WriteBlock(ReadOnlySpan<ulong> differences, int count, long least, Span<byte> to)
    {
        int length = Varint.Write(to, Varint.ZigZag(least));
        Span<byte> widths = to.Slice(length, Miniblocks);
        widths.Clear();
        length += Miniblocks;
        for (int i = 0; i * MiniblockValues < count; i++)
        {
            ReadOnlySpan<ulong> miniblock = differences.Slice(i * MiniblockValues, MiniblockValues);
            int bytes = BytesNeeded(miniblock);
            widths[i] = (byte)(bytes * 8);
            Pack(miniblock, bytes, to[length..]);
            length += bytes * MiniblockValues;
        }

        return length;
    }

    private static int BytesNeeded(ReadOnlySpan<ulong> values)
    {
        ulong all = 0;
        foreach (ulong value in values)
        {
            all |= value;
        }

        return (71 - System.Numerics.BitOperations.LeadingZeroCount(all)) / 8;
    }

    private static void Pack(ReadOnlySpan<ulong> values, int bytes, Span<byte> to)
    {
        if (bytes == 0)
        {
            return;
        }

        foreach (ulong value in values)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(to, value);
            to = to[bytes..];
        }
    }
}
