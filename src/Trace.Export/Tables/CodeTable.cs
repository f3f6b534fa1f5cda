using Trace.Export.Schema;

namespace Trace.Export.Tables;

/// <summary>The table <c>code</c>: the bytes of the instructions that ran (docs/tables.md).</summary>
public sealed class CodeTable : ITable<CodeRow>
{
    private const int BytesColumn = 4;

    /// <inheritdoc/>
    public TableSchema Schema { get; } = new("code",
    [
        new ColumnSchema("order", ColumnType.UInt64, ColumnEncoding.Delta) { Ascending = true },
        new ColumnSchema("pc", ColumnType.UInt64),
        new ColumnSchema("asid", ColumnType.UInt64, ColumnEncoding.Dictionary),
        ColumnSchema.OfSymbols("form", TableSymbols.Forms),
        new ColumnSchema("bytes", ColumnType.Bytes) { MaxBytes = InstructionBytes.MaxLength },
    ]);

    /// <inheritdoc/>
    public void Spread(ReadOnlySpan<CodeRow> rows, ColumnBatch batch)
    {
        SpreadPlace(rows, batch);
        SpreadBytes(rows, batch);
        batch.Advance(rows.Length);
    }

    private static void SpreadPlace(ReadOnlySpan<CodeRow> rows, ColumnBatch batch)
    {
        Span<ulong> order = batch.NextWords(0, rows.Length);
        Span<ulong> pc = batch.NextWords(1, rows.Length);
        Span<ulong> asid = batch.NextWords(2, rows.Length);
        Span<ulong> form = batch.NextWords(3, rows.Length);
        ReadOnlySpan<ushort> forms = TableSymbols.Forms.RankOfCode;
        for (int i = 0; i < rows.Length; i++)
        {
            ref readonly CodeRow row = ref rows[i];
            order[i] = row.Order;
            pc[i] = row.Pc.Value;
            asid[i] = row.Asid.Value;
            form[i] = forms[(int)row.Code];
        }
    }

    private static void SpreadBytes(ReadOnlySpan<CodeRow> rows, ColumnBatch batch)
    {
        Span<byte> room = stackalloc byte[16];
        Span<ulong> lengths = batch.NextWords(BytesColumn, rows.Length);
        for (int i = 0; i < rows.Length; i++)
        {
            ReadOnlySpan<byte> bytes = rows[i].Bytes.CopyTo(room);
            batch.AppendBytes(BytesColumn, bytes);
            lengths[i] = (ulong)bytes.Length;
        }
    }
}
