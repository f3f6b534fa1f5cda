using Trace.Export.Schema;

namespace Trace.Export.Tables;

/// <summary>The table <c>instructions</c>: every retired instruction (docs/tables.md).</summary>
public sealed class InstructionTable : ITable<InstructionRow>
{
    /// <inheritdoc/>
    public TableSchema Schema { get; } = new("instructions",
    [
        new ColumnSchema("order", ColumnType.UInt64, ColumnEncoding.Delta) { Ascending = true },
        new ColumnSchema("vcpu", ColumnType.UInt16, ColumnEncoding.Dictionary),
        new ColumnSchema("retired", ColumnType.UInt64, ColumnEncoding.Delta),
        new ColumnSchema("pc", ColumnType.UInt64),
        new ColumnSchema("asid", ColumnType.UInt64, ColumnEncoding.Dictionary),
        new ColumnSchema("ring", ColumnType.UInt8, ColumnEncoding.Dictionary),
        ColumnSchema.OfSymbols("opcode", TableSymbols.Opcodes),
        ColumnSchema.OfSymbols("kind", TableSymbols.Kinds),
    ]);

    /// <inheritdoc/>
    public void Spread(ReadOnlySpan<InstructionRow> rows, ColumnBatch batch)
    {
        SpreadPosition(rows, batch);
        SpreadPlace(rows, batch);
        SpreadMeaning(rows, batch.NextWords(6, rows.Length), batch.NextWords(7, rows.Length));
        batch.Advance(rows.Length);
    }

    private static void SpreadPosition(ReadOnlySpan<InstructionRow> rows, ColumnBatch batch)
    {
        Span<ulong> order = batch.NextWords(0, rows.Length);
        Span<ulong> vcpu = batch.NextWords(1, rows.Length);
        Span<ulong> retired = batch.NextWords(2, rows.Length);
        for (int i = 0; i < rows.Length; i++)
        {
            ref readonly InstructionRow row = ref rows[i];
            order[i] = row.Order;
            vcpu[i] = row.Vcpu;
            retired[i] = row.Retired;
        }
    }

    private static void SpreadPlace(ReadOnlySpan<InstructionRow> rows, ColumnBatch batch)
    {
        Span<ulong> pc = batch.NextWords(3, rows.Length);
        Span<ulong> asid = batch.NextWords(4, rows.Length);
        Span<ulong> ring = batch.NextWords(5, rows.Length);
        for (int i = 0; i < rows.Length; i++)
        {
            ref readonly InstructionRow row = ref rows[i];
            pc[i] = row.Pc.Value;
            asid[i] = row.Asid.Value;
            ring[i] = row.Ring;
        }
    }

    private static void SpreadMeaning(ReadOnlySpan<InstructionRow> rows, Span<ulong> opcode, Span<ulong> kind)
    {
        ReadOnlySpan<ushort> opcodes = TableSymbols.Opcodes.RankOfCode;
        ReadOnlySpan<ushort> kinds = TableSymbols.Kinds.RankOfCode;
        for (int i = 0; i < rows.Length; i++)
        {
            ref readonly InstructionRow row = ref rows[i];
            opcode[i] = opcodes[(int)row.Code];
            kind[i] = kinds[(int)row.Kind];
        }
    }
}
