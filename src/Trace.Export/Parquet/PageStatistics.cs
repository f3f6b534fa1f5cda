namespace Trace.Export.Parquet;

/// <summary>How many pages of a column chunk have one kind and encoding.</summary>
/// <param name="IsDictionary">A dictionary page, otherwise a data page.</param>
/// <param name="Encoding">How its values are encoded.</param>
/// <param name="Count">How many there are.</param>
internal readonly record struct PageStatistics(bool IsDictionary, PageEncoding Encoding, int Count);
