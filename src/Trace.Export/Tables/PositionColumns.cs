using System.Runtime.CompilerServices;
using Trace.Export.Schema;

namespace Trace.Export.Tables;

/// <summary>The first three columns of every table whose rows are <see cref="IPositionedRow"/>.</summary>
internal static class PositionColumns
{
    /// <summary>How they are written.</summary>
    internal static ColumnSchema[] Schema =>
    [
        new("order", ColumnType.UInt64, ColumnEncoding.Delta) { Ascending = true },
        new("vcpu", ColumnType.UInt16, ColumnEncoding.Dictionary),
        new("retired", ColumnType.UInt64, ColumnEncoding.Delta),
    ];

    /// <summary>Fills them.</summary>
    internal static void Spread<TRow>(ReadOnlySpan<TRow> rows, ColumnBatch batch)
        where TRow : struct, IPositionedRow
    {
        Span<ulong> order = batch.NextWords(0, rows.Length);
        Span<ulong> vcpu = batch.NextWords(1, rows.Length);
        Span<ulong> retired = batch.NextWords(2, rows.Length);
        for (int i = 0; i < rows.Length; i++)
        {
            ref TRow row = ref Unsafe.AsRef(in rows[i]); // else each property would copy the row first
            order[i] = row.Order;
            vcpu[i] = row.Vcpu;
            retired[i] = row.Retired;
        }
    }
}
