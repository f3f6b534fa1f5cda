using Trace.Export.Schema;

namespace Trace.Export.Tables;

/// <summary>The table <c>instructions</c>: every retired instruction (docs/tables.md).</summary>
public sealed class InstructionTable : ITable<InstructionRow>
{
    /// <inheritdoc/>
    public TableSchema Schema { get; } = new("instructions",
    [
        .. PositionColumns.Schema,
        new ColumnSchema("pc", ColumnType.UInt64),
        new ColumnSchema("asid", ColumnType.UInt64, ColumnEncoding.Dictionary),
        new ColumnSchema("ring", ColumnType.UInt8, ColumnEncoding.Dictionary),
        ColumnSchema.OfSymbols("opcode", TableSymbols.Opcodes),
        ColumnSchema.OfSymbols("kind", TableSymbols.Kinds),
    ]);

    /// <inheritdoc/>
    public void Spread(ReadOnlySpan<InstructionRow> rows, ColumnBatch batch)
    {
        PositionColumns.Spread(rows, batch);
        SpreadPlace(rows, batch);
        SpreadMeaning(rows, batch.NextWords(6, rows.Length), batch.NextWords(7, rows.Length));
        batch.Advance(rows.Length);
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
