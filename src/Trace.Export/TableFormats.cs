using Trace.Export.Csv;
using Trace.Export.Parquet;

namespace Trace.Export;

/// <summary>The formats that tables can be written in. To add one, write a folder like <c>Parquet/</c> and a line here.</summary>
public static class TableFormats
{
    /// <summary>Every format, the default one first.</summary>
    public static IReadOnlyList<ITableFormat> All { get; } = [new ParquetFormat(new ParquetOptions()), new CsvFormat()];
}
