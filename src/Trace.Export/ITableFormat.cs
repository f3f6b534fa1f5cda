using Trace.Export.Schema;

namespace Trace.Export;

/// <summary>A file format for tables: the seam behind which Parquet, CSV, or a library for either stands.</summary>
public interface ITableFormat
{
    /// <summary>The word that chooses it on the command line, which is also the extension of its files.</summary>
    string Name { get; }

    /// <summary>Starts a table at the beginning of a stream. The caller keeps and closes the stream.</summary>
    /// <param name="schema">The columns.</param>
    /// <param name="stream">Where the file goes; only written to, never read or repositioned.</param>
    /// <param name="metadata">Facts about the table, in order; a format that has no place for them drops them.</param>
    ITableWriter Start(TableSchema schema, Stream stream, IReadOnlyList<KeyValuePair<string, string>> metadata);
}
