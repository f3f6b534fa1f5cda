using Trace.Export.Schema;

namespace Trace.Export;

/// <summary>A table of a trace: its columns, and how a row is spread over them.</summary>
/// <typeparam name="TRow">The fixed-size record that a producer fills.</typeparam>
public interface ITable<TRow>
    where TRow : unmanaged
{
    /// <summary>The columns.</summary>
    TableSchema Schema { get; }

    /// <summary>Appends the rows to a batch that has room for them.</summary>
    void Spread(ReadOnlySpan<TRow> rows, ColumnBatch batch);
}
