using Trace.Export.Schema;

namespace Trace.Export.Csv;

/// <summary>Comma-separated values with a header line (RFC 4180, lines end with LF): for spreadsheets and for comparing with a text tool.</summary>
/// <remarks>Numbers are decimal, booleans <c>true</c> and <c>false</c>, byte strings hexadecimal. There is no place for metadata.</remarks>
public sealed class CsvFormat : ITableFormat
{
    /// <inheritdoc/>
    public string Name => "csv";

    /// <inheritdoc/>
    public ITableWriter Start(TableSchema schema, Stream stream, IReadOnlyList<KeyValuePair<string, string>> metadata) =>
        new CsvTableWriter(schema, stream);
}
