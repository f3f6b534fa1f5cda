namespace Trace.Export.Schema;

/// <summary>One column of a table: its name, its type and how it is best stored. Every column is required: there are no nulls.</summary>
/// <param name="Name">The name users type in queries (docs/tables.md).</param>
/// <param name="Type">What the values are.</param>
/// <param name="Encoding">How they are best stored.</param>
public sealed record ColumnSchema(string Name, ColumnType Type, ColumnEncoding Encoding = ColumnEncoding.Auto)
{
    /// <summary>The texts of a <see cref="ColumnType.Symbol"/> column, otherwise null.</summary>
    public SymbolTable? Symbols { get; init; }

    /// <summary>The longest value of a <see cref="ColumnType.Bytes"/> column, in bytes.</summary>
    public int MaxBytes { get; init; }

    /// <summary>Whether the values never decrease from one row to the next. The Parquet writer checks it before it says so in a file.</summary>
    public bool Ascending { get; init; }

    /// <summary>A column of texts out of a fixed table.</summary>
    public static ColumnSchema OfSymbols(string name, SymbolTable symbols) =>
        new(name, ColumnType.Symbol, ColumnEncoding.Dictionary) { Symbols = symbols };

    /// <summary>Whether values are compared as signed numbers.</summary>
    public bool IsSigned => Type is ColumnType.Int8 or ColumnType.Int16 or ColumnType.Int32 or ColumnType.Int64;
}
