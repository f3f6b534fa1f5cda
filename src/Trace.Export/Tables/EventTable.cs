using Trace.Export.Schema;

namespace Trace.Export.Tables;

/// <summary>The table <c>events</c>: interrupts, exceptions, mode switches, CR3 writes (docs/tables.md).</summary>
public sealed class EventTable : ITable<EventRow>
{
    /// <inheritdoc/>
    public TableSchema Schema { get; } = new("events",
    [
        .. PositionColumns.Schema,
        ColumnSchema.OfSymbols("kind", TableSymbols.EventKinds),
        new ColumnSchema("vector", ColumnType.Int16, ColumnEncoding.Dictionary),
        new ColumnSchema("error_code", ColumnType.Int64, ColumnEncoding.Dictionary),
        new ColumnSchema("pc", ColumnType.UInt64),
        new ColumnSchema("asid", ColumnType.UInt64, ColumnEncoding.Dictionary),
        new ColumnSchema("ring_before", ColumnType.UInt8, ColumnEncoding.Dictionary),
        new ColumnSchema("ring_after", ColumnType.UInt8, ColumnEncoding.Dictionary),
        new ColumnSchema("detail", ColumnType.UInt64),
    ]);

    /// <inheritdoc/>
    public void Spread(ReadOnlySpan<EventRow> rows, ColumnBatch batch)
    {
        PositionColumns.Spread(rows, batch);
        SpreadCause(rows, batch);
        SpreadPlace(rows, batch);
        batch.Advance(rows.Length);
    }

    private static void SpreadCause(ReadOnlySpan<EventRow> rows, ColumnBatch batch)
    {
        Span<ulong> kind = batch.NextWords(3, rows.Length);
        Span<ulong> vector = batch.NextWords(4, rows.Length);
        Span<ulong> errorCode = batch.NextWords(5, rows.Length);
        Span<ulong> detail = batch.NextWords(10, rows.Length);
        ReadOnlySpan<ushort> kinds = TableSymbols.EventKinds.RankOfCode;
        for (int i = 0; i < rows.Length; i++)
        {
            ref readonly EventRow row = ref rows[i];
            kind[i] = kinds[(int)row.Kind];
            vector[i] = unchecked((ulong)(long)row.Vector);
            errorCode[i] = unchecked((ulong)row.ErrorCode);
            detail[i] = row.Detail;
        }
    }

    private static void SpreadPlace(ReadOnlySpan<EventRow> rows, ColumnBatch batch)
    {
        Span<ulong> pc = batch.NextWords(6, rows.Length);
        Span<ulong> asid = batch.NextWords(7, rows.Length);
        Span<ulong> before = batch.NextWords(8, rows.Length);
        Span<ulong> after = batch.NextWords(9, rows.Length);
        for (int i = 0; i < rows.Length; i++)
        {
            ref readonly EventRow row = ref rows[i];
            pc[i] = row.Pc.Value;
            asid[i] = row.Asid.Value;
            before[i] = row.RingBefore;
            after[i] = row.RingAfter;
        }
    }
}
