namespace Trace.Export.Parquet;

/// <summary>What the page index says about one data page.</summary>
/// <param name="Offset">Where its header starts: bytes after the first data page's header.</param>
/// <param name="Length">Bytes of header and compressed values.</param>
/// <param name="FirstRow">The number of its first row within the row group.</param>
/// <param name="Range">Its least and greatest value.</param>
internal readonly record struct Page(int Offset, int Length, long FirstRow, ValueRange Range);
