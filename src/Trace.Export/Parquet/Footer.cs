using System.Buffers;
using System.Reflection;
using Trace.Export.Schema;

namespace Trace.Export.Parquet;

/// <summary>Serialises the end of a file (Apache Parquet format, <c>FileMetaData</c>).</summary>
internal sealed class Footer
{
    private const int FormatVersion = 2;
    private readonly ArrayBufferWriter<byte> _to = new();
    private readonly ThriftCompactWriter _thrift;
    private readonly ParquetCodec _codec;
    private long _columnIndexOffset;
    private long _offsetIndexOffset;

    private Footer(ParquetCodec codec)
    {
        _thrift = new ThriftCompactWriter(_to);
        _codec = codec;
    }

    /// <summary>The serialised file metadata.</summary>
    /// <param name="schema">The columns.</param>
    /// <param name="codec">How pages are compressed.</param>
    /// <param name="groups">The row groups.</param>
    /// <param name="metadata">Key-value metadata.</param>
    /// <param name="indexOffset">Where the column indexes of all column chunks start; the offset indexes follow them.</param>
    public static ReadOnlyMemory<byte> Serialise(
        TableSchema schema, ParquetCodec codec, IReadOnlyList<RowGroup> groups, IReadOnlyList<KeyValuePair<string, string>> metadata, long indexOffset)
    {
        Footer footer = new(codec)
        {
            _columnIndexOffset = indexOffset,
            _offsetIndexOffset = indexOffset + groups.Sum(group => group.Columns.Sum(column => (long)column.ColumnIndex.Length)),
        };
        footer.WriteFile(schema, groups, metadata);
        return footer._to.WrittenMemory;
    }

    private void WriteFile(TableSchema schema, IReadOnlyList<RowGroup> groups, IReadOnlyList<KeyValuePair<string, string>> metadata)
    {
        _thrift.WriteI32(1, FormatVersion);
        ParquetSchema.Write(_thrift, 2, schema);
        _thrift.WriteI64(3, groups.Sum(group => group.Rows));
        _thrift.BeginStructList(4, groups.Count);
        for (int i = 0; i < groups.Count; i++)
        {
            WriteGroup(groups[i], i);
        }

        WriteMetadata(metadata);
        _thrift.WriteText(6, $"ReplayKit version {Assembly.GetExecutingAssembly().GetName().Version?.ToString(3)}");
        WriteColumnOrders(schema.Columns.Count);
        _thrift.EndOutermost();
    }

    private void WriteMetadata(IReadOnlyList<KeyValuePair<string, string>> metadata)
    {
        _thrift.BeginStructList(5, metadata.Count);
        foreach ((string key, string value) in metadata)
        {
            _thrift.BeginElement();
            _thrift.WriteText(1, key);
            _thrift.WriteText(2, value);
            _thrift.EndStruct();
        }
    }

    // Statistics are compared in the order of the logical type.
    private void WriteColumnOrders(int columns)
    {
        _thrift.BeginStructList(7, columns);
        for (int i = 0; i < columns; i++)
        {
            _thrift.BeginElement();
            _thrift.BeginStruct(1);
            _thrift.EndStruct();
            _thrift.EndStruct();
        }
    }

    private void WriteGroup(RowGroup group, int ordinal)
    {
        _thrift.BeginElement();
        _thrift.BeginStructList(1, group.Columns.Count);
        foreach (ColumnChunk column in group.Columns)
        {
            WriteColumn(column);
        }

        _thrift.WriteI64(2, group.Columns.Sum(column => column.UncompressedLength));
        _thrift.WriteI64(3, group.Rows);
        WriteSorting(group);
        _thrift.WriteI64(5, group.Offset);
        _thrift.WriteI64(6, group.Columns.Sum(column => column.CompressedLength));
        if (ordinal <= short.MaxValue)
        {
            _thrift.WriteI16(7, (short)ordinal);
        }

        _thrift.EndStruct();
    }

    // Of several ascending columns only the first says something new: rows are sorted by it alone.
    private void WriteSorting(RowGroup group)
    {
        int index = group.Columns.TakeWhile(column => !column.IsAscending).Count();
        if (index == group.Columns.Count)
        {
            return;
        }

        _thrift.BeginStructList(4, 1);
        _thrift.BeginElement();
        _thrift.WriteI32(1, index);
        _thrift.WriteBool(2, false);
        _thrift.WriteBool(3, false);
        _thrift.EndStruct();
    }

    private void WriteColumn(ColumnChunk column)
    {
        _thrift.BeginElement();
        _thrift.WriteI64(2, column.DictionaryOffset ?? column.DataOffset);
        WriteColumnMetadata(column);
        _thrift.WriteI64(4, _offsetIndexOffset);
        _thrift.WriteI32(5, column.OffsetIndex.Length);
        _thrift.WriteI64(6, _columnIndexOffset);
        _thrift.WriteI32(7, column.ColumnIndex.Length);
        _thrift.EndStruct();
        _offsetIndexOffset += column.OffsetIndex.Length;
        _columnIndexOffset += column.ColumnIndex.Length;
    }

    private void WriteColumnMetadata(ColumnChunk column)
    {
        _thrift.BeginStruct(3);
        _thrift.WriteI32(1, (int)ParquetSchema.PhysicalOf(column.Column.Type));
        _thrift.WriteI32List(2, [.. column.PageStatistics.Select(pages => (int)pages.Encoding).Append((int)PageEncoding.Rle).Distinct()]);
        _thrift.WriteTextList(3, column.Column.Name);
        _thrift.WriteI32(4, (int)_codec);
        _thrift.WriteI64(5, column.Rows);
        _thrift.WriteI64(6, column.UncompressedLength);
        _thrift.WriteI64(7, column.CompressedLength);
        _thrift.WriteI64(9, column.DataOffset);
        if (column.DictionaryOffset is { } offset)
        {
            _thrift.WriteI64(11, offset);
        }

        WriteStatistics(column);
        WritePageStatistics(column);
        _thrift.EndStruct();
    }

    private void WriteStatistics(ColumnChunk column)
    {
        _thrift.BeginStruct(12);
        _thrift.WriteI64(3, 0);
        _thrift.WriteBinary(5, column.Range.GreatestOf(column.Column));
        _thrift.WriteBinary(6, column.Range.LeastOf(column.Column));
        _thrift.WriteBool(7, true);
        _thrift.WriteBool(8, true);
        _thrift.EndStruct();
    }

    private void WritePageStatistics(ColumnChunk column)
    {
        _thrift.BeginStructList(13, column.PageStatistics.Count);
        foreach (PageStatistics pages in column.PageStatistics)
        {
            _thrift.BeginElement();
            _thrift.WriteI32(1, pages.IsDictionary ? 2 : 0);
            _thrift.WriteI32(2, (int)pages.Encoding);
            _thrift.WriteI32(3, pages.Count);
            _thrift.EndStruct();
        }
    }
}
