using System.Globalization;
using Guest.Machine;

namespace Trace.Export;

/// <summary>Where a table's rows come from; written into the file where the format has a place for it (docs/tables.md, "Metadata").</summary>
/// <param name="Recording">Identifies the recording: the SHA-256 of its manifest, in hexadecimal.</param>
/// <param name="From">The position of the first instruction.</param>
/// <param name="To">The position behind the last instruction.</param>
public sealed record TraceMetadata(string Recording, Position From, Position To)
{
    /// <summary>The version of the tables' columns and their meaning. It grows with every change that a query could notice.</summary>
    public const int SchemaVersion = 1;

    /// <summary>Key and value pairs for the file of one table.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> PairsFor(string table) =>
    [
        new("replaykit.recording", Recording),
        new("replaykit.schema_version", SchemaVersion.ToString(CultureInfo.InvariantCulture)),
        new("replaykit.table", table),
        new("replaykit.from", From.ToString()),
        new("replaykit.to", To.ToString()),
    ];
}
