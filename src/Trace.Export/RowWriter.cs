using Trace.Export.Schema;

namespace Trace.Export;

/// <summary>Takes the rows of one table in spans and passes them on to a file in batches of columns.</summary>
/// <remarks>Allocates nothing per row. Not thread-safe.</remarks>
/// <typeparam name="TRow">The table's record.</typeparam>
public sealed class RowWriter<TRow>
    where TRow : unmanaged
{
    private const int SpreadRows = 1024;
    private readonly ITable<TRow> _table;
    private readonly ITableWriter _writer;
    private readonly ColumnBatch _batch;

    /// <summary>Makes the writer of a table that has just been started.</summary>
    public RowWriter(ITable<TRow> table, ITableWriter writer)
    {
        _table = table;
        _writer = writer;
        _batch = new ColumnBatch(table.Schema, writer.BatchRows);
    }

    /// <summary>Rows taken so far.</summary>
    public long Rows { get; private set; }

    /// <summary>Appends rows.</summary>
    public void Write(ReadOnlySpan<TRow> rows)
    {
        Rows += rows.Length;
        while (!rows.IsEmpty)
        {
            // Few enough that the rows stay in the first-level cache while each column passes over them.
            int count = Math.Min(Math.Min(rows.Length, SpreadRows), _batch.Room);
            _table.Spread(rows[..count], _batch);
            rows = rows[count..];
            if (_batch.Room == 0)
            {
                Flush();
            }
        }
    }

    /// <summary>Ends the table.</summary>
    public void Complete()
    {
        Flush();
        _writer.Complete();
    }

    private void Flush()
    {
        if (_batch.Rows > 0)
        {
            _writer.Write(_batch);
            _batch.Clear();
        }
    }
}
