using System.Buffers;

namespace Trace.Export.Parquet.Encodings;

/// <summary>BYTE_STREAM_SPLIT: the lowest bytes of all values, then the next ones, up to the highest (Apache Parquet format, Encodings.md).</summary>
internal static class ByteStreamSplitEncoder
{
    /// <summary>Appends the low <paramref name="width"/> bytes of each word.</summary>
    /// <param name="words">The values.</param>
    /// <param name="width">4 or 8.</param>
    /// <param name="to">Where they go.</param>
    public static void Encode(ReadOnlySpan<ulong> words, int width, ArrayBufferWriter<byte> to)
    {
        Span<byte> bytes = to.GetSpan(words.Length * width);
        for (int stream = 0; stream < width; stream++)
        {
            EncodeStream(words, stream * 8, bytes.Slice(stream * words.Length, words.Length));
        }

        to.Advance(words.Length * width);
    }

    private static void EncodeStream(ReadOnlySpan<ulong> words, int shift, Span<byte> bytes)
    {
        for (int i = 0; i < bytes.Length; i++)
        {
            bytes[i] = (byte)(words[i] >> shift);
        }
    }
}
