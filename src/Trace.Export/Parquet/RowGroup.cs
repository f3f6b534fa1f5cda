namespace Trace.Export.Parquet;

/// <summary>What the footer says about one row group.</summary>
/// <param name="Rows">Its rows.</param>
/// <param name="Offset">Where its first page starts in the file.</param>
/// <param name="Columns">Its column chunks.</param>
internal sealed record RowGroup(long Rows, long Offset, IReadOnlyList<ColumnChunk> Columns);
