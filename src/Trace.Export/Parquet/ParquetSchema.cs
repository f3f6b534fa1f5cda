using Trace.Export.Schema;

namespace Trace.Export.Parquet;

/// <summary>Writes the columns as Parquet's schema (Apache Parquet format, <c>SchemaElement</c> and LogicalTypes.md).</summary>
internal static class ParquetSchema
{
    private const int Required = 0;
    private const int ConvertedUtf8 = 0;
    private const int StringLogical = 1;
    private const int IntegerLogical = 10;

    /// <summary>How the values of a column are stored.</summary>
    public static PhysicalType PhysicalOf(ColumnType type) => type switch
    {
        ColumnType.Boolean => PhysicalType.Boolean,
        ColumnType.UInt64 or ColumnType.Int64 => PhysicalType.Int64,
        ColumnType.Symbol or ColumnType.Bytes => PhysicalType.ByteArray,
        _ => PhysicalType.Int32,
    };

    /// <summary>Appends the list of schema elements: the root, then each column.</summary>
    public static void Write(ThriftCompactWriter to, int id, TableSchema schema)
    {
        to.BeginStructList(id, schema.Columns.Count + 1);
        to.BeginElement();
        to.WriteText(4, schema.Name);
        to.WriteI32(5, schema.Columns.Count);
        to.EndStruct();
        foreach (ColumnSchema column in schema.Columns)
        {
            WriteColumn(to, column);
        }
    }

    private static void WriteColumn(ThriftCompactWriter to, ColumnSchema column)
    {
        to.BeginElement();
        to.WriteI32(1, (int)PhysicalOf(column.Type));
        to.WriteI32(3, Required);
        to.WriteText(4, column.Name);
        if (column.Type == ColumnType.Symbol)
        {
            to.WriteI32(6, ConvertedUtf8);
            to.BeginStruct(10);
            to.BeginStruct(StringLogical);
            to.EndStruct();
            to.EndStruct();
        }
        else if (column.Type is not (ColumnType.Boolean or ColumnType.Bytes))
        {
            WriteInteger(to, column.Type);
        }

        to.EndStruct();
    }

    private static void WriteInteger(ThriftCompactWriter to, ColumnType type)
    {
        (int converted, byte bits, bool signed) = type switch
        {
            ColumnType.UInt8 => (11, (byte)8, false),
            ColumnType.UInt16 => (12, (byte)16, false),
            ColumnType.UInt32 => (13, (byte)32, false),
            ColumnType.UInt64 => (14, (byte)64, false),
            ColumnType.Int8 => (15, (byte)8, true),
            ColumnType.Int16 => (16, (byte)16, true),
            ColumnType.Int32 => (17, (byte)32, true),
            ColumnType.Int64 => (18, (byte)64, true),
            _ => throw new ArgumentOutOfRangeException(nameof(type)),
        };
        to.WriteI32(6, converted);
        to.BeginStruct(10);
        to.BeginStruct(IntegerLogical);
        to.WriteByte(1, bits);
        to.WriteBool(2, signed);
        to.EndStruct();
        to.EndStruct();
    }
}
