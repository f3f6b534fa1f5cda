using Trace.Export.Schema;

namespace Trace.Export.Parquet;

/// <summary>Apache Parquet, written by ReplayKit itself (docs/tables.md says which parts of the format it uses).</summary>
public sealed class ParquetFormat : ITableFormat
{
    private readonly ParquetOptions _options;

    /// <summary>Makes the format.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A page or a row group would hold nothing, or a page more than a million rows.</exception>
    public ParquetFormat(ParquetOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.PageRows, nameof(options));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.PageRows, 1 << 20, nameof(options));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.RowGroupPages, nameof(options));
        _options = options;
    }

    /// <inheritdoc/>
    public string Name => "parquet";

    /// <inheritdoc/>
    /// <remarks>Cost: about 3 MiB per column, and a compressed row group, until the table is complete.</remarks>
    public ITableWriter Start(TableSchema schema, Stream stream, IReadOnlyList<KeyValuePair<string, string>> metadata) =>
        new ParquetTableWriter(schema, stream, metadata, _options);
}
