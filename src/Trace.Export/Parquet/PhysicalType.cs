namespace Trace.Export.Parquet;

/// <summary>How a value is stored in a page (Apache Parquet format, <c>enum Type</c> of parquet.thrift).</summary>
internal enum PhysicalType
{
    Boolean = 0,
    Int32 = 1,
    Int64 = 2,
    ByteArray = 6,
}
