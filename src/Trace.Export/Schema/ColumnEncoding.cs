namespace Trace.Export.Schema;

/// <summary>How a column is best stored; a format without such a form ignores it.</summary>
public enum ColumnEncoding
{
    /// <summary>Measured on the data: of those that every reader knows, the one whose compressed page is smallest.</summary>
    Auto,

    /// <summary>The values as they are.</summary>
    Plain,

    /// <summary>Differences between neighbours: counters and addresses that grow.</summary>
    Delta,

    /// <summary>Numbers into a list of the distinct values: few different values, or the same ones again and again.</summary>
    Dictionary,

    /// <summary>All first bytes, then all second bytes, and so on: numbers whose high bytes are alike. DuckDB 1.5 does not read it.</summary>
    ByteStreamSplit,

    /// <summary>Runs of equal values; for <see cref="ColumnType.Boolean"/> only.</summary>
    RunLength,
}
