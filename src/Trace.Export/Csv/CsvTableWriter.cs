using System.Globalization;
using System.Text;
using Trace.Export.Schema;

namespace Trace.Export.Csv;

/// <summary>Writes one CSV file. Texts are quoted where they must be (RFC 4180).</summary>
internal sealed class CsvTableWriter : ITableWriter
{
    private readonly TableSchema _schema;
    private readonly Stream _stream;
    private readonly StringBuilder _lines = new();

    public CsvTableWriter(TableSchema schema, Stream stream)
    {
        _schema = schema;
        _stream = stream;
        _lines.AppendJoin(',', schema.Columns.Select(column => column.Name)).Append('\n');
        Flush();
    }

    /// <inheritdoc/>
    public int BatchRows => 1024;

    /// <inheritdoc/>
    public void Write(ColumnBatch batch)
    {
        int[] heapAt = new int[_schema.Columns.Count];
        for (int row = 0; row < batch.Rows; row++)
        {
            for (int i = 0; i < heapAt.Length; i++)
            {
                _lines.Append(i > 0 ? "," : "");
                Append(_schema.Columns[i], batch.WordsOf(i)[row], batch.HeapOf(i)[heapAt[i]..]);
                heapAt[i] += _schema.Columns[i].Type == ColumnType.Bytes ? (int)batch.WordsOf(i)[row] : 0;
            }

            _lines.Append('\n');
        }

        Flush();
    }

    /// <inheritdoc/>
    public void Complete()
    {
        // Every line has been written.
    }

    private void Append(ColumnSchema column, ulong word, ReadOnlySpan<byte> heap)
    {
        _ = column.Type switch
        {
            ColumnType.Boolean => _lines.Append(word != 0 ? "true" : "false"),
            ColumnType.Symbol => _lines.Append(Quoted(column.Symbols!.Text((int)word))),
            ColumnType.Bytes => _lines.Append(Convert.ToHexStringLower(heap[..(int)word])),
            _ when column.IsSigned => _lines.Append(CultureInfo.InvariantCulture, $"{(long)word}"),
            _ => _lines.Append(CultureInfo.InvariantCulture, $"{word}"),
        };
    }

    private static string Quoted(string text) =>
        text.AsSpan().ContainsAny(",\"\r\n") ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : text;

    private void Flush()
    {
        _stream.Write(Encoding.UTF8.GetBytes(_lines.ToString()));
        _lines.Clear();
    }
}
