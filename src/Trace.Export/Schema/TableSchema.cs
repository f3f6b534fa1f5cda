namespace Trace.Export.Schema;

/// <summary>The columns of a table in their order, with the table's name.</summary>
/// <param name="Name">The name of the table and of its file, without extension (docs/tables.md).</param>
/// <param name="Columns">The columns, in the order of the file.</param>
public sealed record TableSchema(string Name, IReadOnlyList<ColumnSchema> Columns);
