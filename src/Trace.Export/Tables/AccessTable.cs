using Trace.Export.Schema;

namespace Trace.Export.Tables;

/// <summary>The table <c>accesses</c>: every access of an instruction to memory (docs/tables.md).</summary>
public sealed class AccessTable : ITable<AccessRow>
{
    /// <inheritdoc/>
    public TableSchema Schema { get; } = new("accesses",
    [
        .. PositionColumns.Schema,
        new ColumnSchema("seq", ColumnType.UInt32, ColumnEncoding.Delta),
        new ColumnSchema("vaddr", ColumnType.UInt64),
        new ColumnSchema("paddr", ColumnType.UInt64),
        new ColumnSchema("size", ColumnType.UInt8, ColumnEncoding.Dictionary),
        ColumnSchema.OfSymbols("rw", TableSymbols.Directions),
        new ColumnSchema("value", ColumnType.UInt64),
    ]);

    /// <inheritdoc/>
    public void Spread(ReadOnlySpan<AccessRow> rows, ColumnBatch batch)
    {
        PositionColumns.Spread(rows, batch);
        SpreadPlace(rows, batch);
        batch.Advance(rows.Length);
    }

    private static void SpreadPlace(ReadOnlySpan<AccessRow> rows, ColumnBatch batch)
    {
        Span<ulong> seq = batch.NextWords(3, rows.Length);
        Span<ulong> vaddr = batch.NextWords(4, rows.Length);
        Span<ulong> paddr = batch.NextWords(5, rows.Length);
        Span<ulong> size = batch.NextWords(6, rows.Length);
        Span<ulong> direction = batch.NextWords(7, rows.Length);
        Span<ulong> value = batch.NextWords(8, rows.Length);
        ReadOnlySpan<ushort> directions = TableSymbols.Directions.RankOfCode;
        for (int i = 0; i < rows.Length; i++)
        {
            ref readonly AccessRow row = ref rows[i];
            seq[i] = row.Seq;
            vaddr[i] = row.Vaddr.Value;
            paddr[i] = row.Paddr.Value;
            size[i] = row.Size;
            direction[i] = directions[(int)row.Direction];
            value[i] = row.Value;
        }
    }
}
