using System.Buffers.Binary;
using Trace.Export.Schema;

namespace Trace.Export.Parquet;

/// <summary>Writes one Parquet file: pages of all columns, collected to row groups, then the page index and the footer.</summary>
internal sealed class ParquetTableWriter : ITableWriter
{
    private readonly TableSchema _schema;
    private readonly Stream _stream;
    private readonly IReadOnlyList<KeyValuePair<string, string>> _metadata;
    private readonly ParquetOptions _options;
    private readonly ColumnChunkWriter[] _columns;
    private readonly List<RowGroup> _groups = [];
    private long _offset;
    private long _groupRows;
    private int _groupPages;

    public ParquetTableWriter(TableSchema schema, Stream stream, IReadOnlyList<KeyValuePair<string, string>> metadata, ParquetOptions options)
    {
        _schema = schema;
        _stream = stream;
        _metadata = metadata;
        _options = options;
        PageCompressor compressor = new(options.Codec, options.ZstdLevel);
        _columns = [.. schema.Columns.Select(column => new ColumnChunkWriter(column, options, compressor))];
        Put(Magic);
    }

    /// <inheritdoc/>
    public int BatchRows => _options.PageRows;

    private static ReadOnlySpan<byte> Magic => "PAR1"u8;

    /// <inheritdoc/>
    public void Write(ColumnBatch batch)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(batch.Rows, BatchRows, nameof(batch));
        if (batch.Rows == 0)
        {
            return;
        }

        for (int i = 0; i < _columns.Length; i++)
        {
            _columns[i].Append(batch.WordsOf(i), batch.HeapOf(i));
        }

        _groupRows += batch.Rows;
        if (++_groupPages == _options.RowGroupPages)
        {
            FlushRowGroup();
        }
    }

    /// <inheritdoc/>
    public void Complete()
    {
        if (_groupPages > 0)
        {
            FlushRowGroup();
        }

        long indexOffset = _offset;
        PutIndexes(column => column.ColumnIndex);
        PutIndexes(column => column.OffsetIndex);
        ReadOnlySpan<byte> footer = Footer.Serialise(_schema, _options.Codec, _groups, _metadata, indexOffset).Span;
        Put(footer);
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, footer.Length);
        Put(length);
        Put(Magic);
    }

    private void FlushRowGroup()
    {
        long start = _offset;
        List<ColumnChunk> chunks = [];
        foreach (ColumnChunkWriter column in _columns)
        {
            ColumnChunk chunk = column.Flush(_stream, _offset);
            _offset += chunk.CompressedLength;
            chunks.Add(chunk);
        }

        _groups.Add(new RowGroup(_groupRows, start, chunks));
        _groupRows = 0;
        _groupPages = 0;
    }

    private void PutIndexes(Func<ColumnChunk, byte[]> index)
    {
        foreach (ColumnChunk column in _groups.SelectMany(group => group.Columns))
        {
            Put(index(column));
        }
    }

    private void Put(ReadOnlySpan<byte> bytes)
    {
        _stream.Write(bytes);
        _offset += bytes.Length;
    }
}
