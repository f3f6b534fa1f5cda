using System.Buffers;
using System.Numerics;
using Trace.Export.Parquet.Encodings;
using Trace.Export.Schema;

namespace Trace.Export.Parquet;

/// <summary>Chooses a column's encoding by the compressed size of a row group's first page in each.</summary>
/// <remarks>It measures in row groups 0, 1, 2, 4, 8 and so on: a trace's nature changes, but measuring costs several pages' time.</remarks>
internal sealed class EncodingChooser(PageEncoder encoder, PageCompressor compressor, int rowGroupPages)
{
    private readonly ArrayBufferWriter<byte> _page = new();
    private int _rowGroups;

    /// <summary>The encoding of the next page.</summary>
    public ColumnEncoding Best { get; private set; } = encoder.Encodings[0];

    /// <summary>The encoding for pages whose values the dictionary has no room for.</summary>
    public ColumnEncoding Fallback { get; private set; } = encoder.Encodings[^1];

    /// <summary>Begins a row group, of which these are the first values. The dictionary is empty afterwards.</summary>
    public void BeginRowGroup(ReadOnlySpan<ulong> words, ReadOnlySpan<byte> heap)
    {
        if (BitOperations.PopCount((uint)_rowGroups++) <= 1 && encoder.Encodings.Count > 1)
        {
            Measure(words, heap);
        }

        encoder.Dictionary?.Clear();
    }

    private void Measure(ReadOnlySpan<ulong> words, ReadOnlySpan<byte> heap)
    {
        long best = long.MaxValue;
        long bestFallback = long.MaxValue;
        foreach (ColumnEncoding encoding in encoder.Encodings)
        {
            long length = LengthIn(encoding, words, heap);
            if (length < best)
            {
                (best, Best) = (length, encoding);
            }

            if (encoding != ColumnEncoding.Dictionary && length < bestFallback)
            {
                (bestFallback, Fallback) = (length, encoding);
            }
        }
    }

    private long LengthIn(ColumnEncoding encoding, ReadOnlySpan<ulong> words, ReadOnlySpan<byte> heap)
    {
        _page.ResetWrittenCount();
        encoder.Dictionary?.Clear();
        if (!encoder.TryEncode(encoding, words, heap, _page))
        {
            return long.MaxValue;
        }

        long length = compressor.Compress(_page.WrittenSpan).Length;
        return encoding == ColumnEncoding.Dictionary ? length + (DictionaryLength() / rowGroupPages) : length;
    }

    private long DictionaryLength()
    {
        _page.ResetWrittenCount();
        encoder.EncodeDictionary(_page);
        return compressor.Compress(_page.WrittenSpan).Length;
    }
}
