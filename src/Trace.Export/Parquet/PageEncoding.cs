namespace Trace.Export.Parquet;

/// <summary>How the values of a page are encoded (Apache Parquet format, <c>enum Encoding</c> of parquet.thrift).</summary>
internal enum PageEncoding
{
    Plain = 0,
    Rle = 3,
    DeltaBinaryPacked = 5,
    RleDictionary = 8,
    ByteStreamSplit = 9,
}
