using System.Buffers;
using System.Runtime.InteropServices;

namespace Trace.Export.Parquet.Encodings;

/// <summary>The RLE / bit-packing hybrid: runs of one value, and groups of eight packed values (Apache Parquet format, Encodings.md).</summary>
/// <remarks>
/// Values are 1, 8 or 16 bits wide. Whole bytes are packed with one instruction each, and the compressor that follows finds repetitions
/// in them, which it does not in values that straddle bytes.
/// </remarks>
internal static class RleHybridEncoder
{
    // A multiple of eight, so that whatever lies between two runs is whole groups.
    private const int BlockValues = 64;

    /// <summary>Appends values.</summary>
    /// <param name="values">The values.</param>
    /// <param name="bitWidth">1, 8 or 16: no value has more bits.</param>
    /// <param name="to">Where they go.</param>
    public static void Encode(ReadOnlySpan<ushort> values, int bitWidth, ArrayBufferWriter<byte> to)
    {
        int packedFrom = 0;
        int at = 0;
        while (at < values.Length)
        {
            int run = RunAt(values[at..]);
            if (run == 0)
            {
                at = Math.Min(at + BlockValues, values.Length);
                continue;
            }

            WritePacked(values[packedFrom..at], bitWidth, to);
            WriteRun(values[at], run, bitWidth, to);
            at += run;
            packedFrom = at;
        }

        WritePacked(values[packedFrom..], bitWidth, to);
    }

    /// <summary>The length of the run at the start: whole groups, or up to the end; 0 where it is shorter than a block.</summary>
    private static int RunAt(ReadOnlySpan<ushort> values)
    {
        ReadOnlySpan<ushort> block = values[..Math.Min(BlockValues, values.Length)];
        if (block.IndexOfAnyExcept(values[0]) >= 0)
        {
            return 0;
        }

        int end = values.IndexOfAnyExcept(values[0]);
        return end < 0 ? values.Length : end & ~7;
    }

    private static void WriteRun(ushort value, int length, int bitWidth, ArrayBufferWriter<byte> to)
    {
        Varint.Write(to, (ulong)length << 1);
        Span<byte> bytes = to.GetSpan(2);
        bytes[0] = (byte)value;
        bytes[1] = (byte)(value >> 8);
        to.Advance(bitWidth > 8 ? 2 : 1);
    }

    private static void WritePacked(ReadOnlySpan<ushort> values, int bitWidth, ArrayBufferWriter<byte> to)
    {
        if (values.IsEmpty)
        {
            return;
        }

        int groups = (values.Length + 7) / 8;
        Varint.Write(to, ((ulong)groups << 1) | 1);
        Span<byte> bytes = to.GetSpan(groups * bitWidth)[..(groups * bitWidth)];
        bytes[^bitWidth..].Clear();
        Pack(values, bitWidth, bytes);
        to.Advance(bytes.Length);
    }

    private static void Pack(ReadOnlySpan<ushort> values, int bitWidth, Span<byte> bytes)
    {
        switch (bitWidth)
        {
            case 1:
                PackBits(values, bytes);
                break;
            case 8:
                PackBytes(values, bytes);
                break;
            default:
                MemoryMarshal.AsBytes(values).CopyTo(bytes);
                break;
        }
    }

    private static void PackBits(ReadOnlySpan<ushort> values, Span<byte> bytes)
    {
        bytes.Clear();
        for (int i = 0; i < values.Length; i++)
        {
            bytes[i >> 3] |= (byte)(values[i] << (i & 7));
        }
    }

    private static void PackBytes(ReadOnlySpan<ushort> values, Span<byte> bytes)
    {
        bytes = bytes[..values.Length];
        for (int i = 0; i < bytes.Length; i++)
        {
            bytes[i] = (byte)values[i];
        }
    }
}
