using System.Buffers;
using Trace.Export.Parquet.Encodings;
using Trace.Export.Schema;

namespace Trace.Export.Parquet;

/// <summary>Collects the compressed pages of one column until their row group is written.</summary>
internal sealed class ColumnChunkWriter
{
    private readonly ColumnSchema _column;
    private readonly PageCompressor _compressor;
    private readonly PageEncoder _encoder;
    private readonly EncodingChooser _chooser;
    private readonly ArrayBufferWriter<byte> _page = new();
    private readonly ArrayBufferWriter<byte> _pages = new();
    private readonly List<Page> _index = [];
    private readonly List<PageEncoding> _encodings = [];
    private long _rows;
    private long _uncompressed;
    private bool _overflowed;
    private bool _ascending;
    private ulong _last;

    /// <summary>Makes the writer of a column.</summary>
    public ColumnChunkWriter(ColumnSchema column, ParquetOptions options, PageCompressor compressor)
    {
        _column = column;
        _compressor = compressor;
        _encoder = new PageEncoder(column, options.PageRows);
        _chooser = new EncodingChooser(_encoder, compressor, options.RowGroupPages);
        _ascending = column.Ascending;
    }

    /// <summary>Appends a page.</summary>
    /// <param name="words">The page's values, at least one.</param>
    /// <param name="heap">For byte strings, their bytes.</param>
    public void Append(ReadOnlySpan<ulong> words, ReadOnlySpan<byte> heap)
    {
        if (_index.Count == 0)
        {
            _chooser.BeginRowGroup(words, heap);
        }

        _ascending = _ascending && IsAscending(words);
        ColumnEncoding encoding = Encode(words, heap);
        AppendEncoded(ToParquet(encoding), words.Length, ValueRange.Of(_column, words, heap));
    }

    /// <summary>Writes the row group's pages and begins the next row group.</summary>
    /// <param name="stream">Where they go.</param>
    /// <param name="offset">The stream's offset in the file.</param>
    public ColumnChunk Flush(Stream stream, long offset)
    {
        int dictionaryLength = _encodings.Contains(PageEncoding.RleDictionary) ? WriteDictionary(stream) : 0;
        stream.Write(_pages.WrittenSpan);
        long dataOffset = offset + dictionaryLength;
        ColumnChunk chunk = new(_column, _rows)
        {
            DictionaryOffset = dictionaryLength > 0 ? offset : null,
            DataOffset = dataOffset,
            CompressedLength = dictionaryLength + _pages.WrittenCount,
            UncompressedLength = _uncompressed,
            Range = _index.Select(page => page.Range).Aggregate((all, range) => all.Union(range)),
            IsAscending = _ascending,
            PageStatistics = CountPages(),
            ColumnIndex = PageIndex.ColumnIndex(_column, _index),
            OffsetIndex = PageIndex.OffsetIndex(_index, dataOffset),
        };
        Reset();
        return chunk;
    }

    private static PageEncoding ToParquet(ColumnEncoding encoding) => encoding switch
    {
        ColumnEncoding.Delta => PageEncoding.DeltaBinaryPacked,
        ColumnEncoding.Dictionary => PageEncoding.RleDictionary,
        ColumnEncoding.ByteStreamSplit => PageEncoding.ByteStreamSplit,
        ColumnEncoding.RunLength => PageEncoding.Rle,
        _ => PageEncoding.Plain,
    };

    private bool IsAscending(ReadOnlySpan<ulong> words)
    {
        ulong last = _last;
        bool ascending = true;
        foreach (ulong word in words)
        {
            ascending &= word >= last;
            last = word;
        }

        _last = last;
        return ascending;
    }

    private ColumnEncoding Encode(ReadOnlySpan<ulong> words, ReadOnlySpan<byte> heap)
    {
        _page.ResetWrittenCount();
        ColumnEncoding encoding = _overflowed ? _chooser.Fallback : _chooser.Best;
        if (_encoder.TryEncode(encoding, words, heap, _page))
        {
            return encoding;
        }

        _overflowed = true;
        _encoder.TryEncode(_chooser.Fallback, words, heap, _page);
        return _chooser.Fallback;
    }

    private void AppendEncoded(PageEncoding encoding, int rows, ValueRange range)
    {
        int start = _pages.WrittenCount;
        ReadOnlySpan<byte> compressed = _compressor.Compress(_page.WrittenSpan);
        PageHeader.WriteData(_pages, encoding, rows, _page.WrittenCount, compressed.Length);
        _uncompressed += _pages.WrittenCount - start + _page.WrittenCount;
        _pages.Write(compressed);
        _index.Add(new Page(start, _pages.WrittenCount - start, _rows, range));
        _encodings.Add(encoding);
        _rows += rows;
    }

    private int WriteDictionary(Stream stream)
    {
        _page.ResetWrittenCount();
        _encoder.EncodeDictionary(_page);
        ReadOnlySpan<byte> compressed = _compressor.Compress(_page.WrittenSpan);
        ArrayBufferWriter<byte> header = new();
        PageHeader.WriteDictionary(header, _encoder.Dictionary!.Count, _page.WrittenCount, compressed.Length);
        stream.Write(header.WrittenSpan);
        stream.Write(compressed);
        _uncompressed += header.WrittenCount + _page.WrittenCount;
        return header.WrittenCount + compressed.Length;
    }

    private List<PageStatistics> CountPages()
    {
        List<PageStatistics> counts = [];
        if (_encodings.Contains(PageEncoding.RleDictionary))
        {
            counts.Add(new PageStatistics(true, PageEncoding.Plain, 1));
        }

        counts.AddRange(_encodings.CountBy(encoding => encoding).OrderBy(pair => pair.Key)
            .Select(pair => new PageStatistics(false, pair.Key, pair.Value)));
        return counts;
    }

    private void Reset()
    {
        _pages.ResetWrittenCount();
        _index.Clear();
        _encodings.Clear();
        _rows = 0;
        _uncompressed = 0;
        _overflowed = false;
        _ascending = _column.Ascending;
    }
}
