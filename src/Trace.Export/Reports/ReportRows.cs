using System.Text;
using Replay.Engine.Observe;
using Trace.Export.Schema;

namespace Trace.Export.Reports;

/// <summary>The rows of one table of a report. The types of its columns follow from the values once all are there.</summary>
public sealed class ReportRows : IReportTable
{
    private readonly List<object[]> _rows = [];

    /// <summary>Begins a table.</summary>
    public ReportRows(string name) => Name = name;

    /// <summary>The table's name.</summary>
    public string Name { get; }

    /// <summary>The columns' names.</summary>
    public IReadOnlyList<string> Columns { get; private set; } = [];

    /// <summary>The rows: in each the value of every column, a number or a text.</summary>
    public IReadOnlyList<IReadOnlyList<object>> Rows => _rows;

    /// <inheritdoc/>
    public void Row(params ReadOnlySpan<(string Name, ReportValue Value)> columns)
    {
        string[] names = new string[columns.Length];
        object[] values = new object[columns.Length];
        for (int i = 0; i < columns.Length; i++)
        {
            (names[i], values[i]) = (columns[i].Name, columns[i].Value.Value);
        }

        if (_rows.Count == 0)
        {
            Columns = names;
        }
        else if (!Columns.SequenceEqual(names))
        {
            throw new ArgumentException($"the table {Name} has the columns {string.Join(", ", Columns)}, and a row comes with {string.Join(", ", names)}");
        }

        _rows.Add(values);
    }

    /// <summary>Writes the table as a file.</summary>
    /// <returns>Its path.</returns>
    public string Write(string folder, ITableFormat format, TraceMetadata metadata)
    {
        using TableFile<int> file = new(folder, new Table(this), format, metadata);
        int[] numbers = [.. Enumerable.Range(0, _rows.Count)];
        file.Write(numbers);
        file.Complete();
        return file.Path;
    }

    private ColumnSchema SchemaOf(int column)
    {
        object[] values = [.. _rows.Select(row => row[column])];
        if (values.Any(value => value is string))
        {
            string[] texts = [.. values.Select(value => value.ToString()!).Distinct()];
            return texts.Length <= 60_000
                ? ColumnSchema.OfSymbols(Columns[column], new SymbolTable(texts))
                : new ColumnSchema(Columns[column], ColumnType.Bytes) { MaxBytes = texts.Max(Encoding.UTF8.GetByteCount) };
        }

        return new ColumnSchema(Columns[column], values.Any(value => value is ulong) ? ColumnType.UInt64 : ColumnType.Int64);
    }

    private sealed class Table : ITable<int>
    {
        private readonly ReportRows _report;
        private readonly Dictionary<string, ulong>?[] _ranks;

        public Table(ReportRows report)
        {
            _report = report;
            Schema = new TableSchema(report.Name, [.. report.Columns.Select((_, column) => report.SchemaOf(column))]);
            _ranks = [.. Schema.Columns.Select(column => column.Symbols is { } symbols
                ? Enumerable.Range(0, symbols.Count).ToDictionary(symbols.Text, rank => (ulong)rank)
                : null)];
        }

        public TableSchema Schema { get; }

        public void Spread(ReadOnlySpan<int> rows, ColumnBatch batch)
        {
            for (int column = 0; column < Schema.Columns.Count; column++)
            {
                Span<ulong> words = batch.NextWords(column, rows.Length);
                for (int i = 0; i < rows.Length; i++)
                {
                    words[i] = Word(batch, column, _report._rows[rows[i]][column]);
                }
            }

            batch.Advance(rows.Length);
        }

        private ulong Word(ColumnBatch batch, int column, object value)
        {
            if (_ranks[column] is { } ranks)
            {
                return ranks[value.ToString()!];
            }

            if (Schema.Columns[column].Type != ColumnType.Bytes)
            {
                return value is ulong number ? number : unchecked((ulong)(long)value);
            }

            byte[] text = Encoding.UTF8.GetBytes(value.ToString()!);
            batch.AppendBytes(column, text);
            return (ulong)text.Length;
        }
    }
}
