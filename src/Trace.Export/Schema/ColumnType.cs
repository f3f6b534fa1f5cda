namespace Trace.Export.Schema;

/// <summary>What the values of a column are, independent of the file format.</summary>
public enum ColumnType
{
    /// <summary>True or false.</summary>
    Boolean,

    /// <summary>0 to 255.</summary>
    UInt8,

    /// <summary>0 to 65,535.</summary>
    UInt16,

    /// <summary>0 to 2^32-1.</summary>
    UInt32,

    /// <summary>0 to 2^64-1.</summary>
    UInt64,

    /// <summary>-128 to 127.</summary>
    Int8,

    /// <summary>-32,768 to 32,767.</summary>
    Int16,

    /// <summary>-2^31 to 2^31-1.</summary>
    Int32,

    /// <summary>-2^63 to 2^63-1.</summary>
    Int64,

    /// <summary>Text out of a fixed <see cref="SymbolTable"/>.</summary>
    Symbol,

    /// <summary>A short string of bytes, at most <see cref="ColumnSchema.MaxBytes"/> long.</summary>
    Bytes,
}
