namespace Trace.Export.Parquet;

/// <summary>How pages are compressed; the numbers are those of the format (<c>enum CompressionCodec</c> of parquet.thrift).</summary>
public enum ParquetCodec
{
    /// <summary>Not at all.</summary>
    None = 0,

    /// <summary>GZIP (RFC 1952), for readers without Zstandard.</summary>
    Gzip = 2,

    /// <summary>Zstandard (RFC 8878).</summary>
    Zstd = 6,
}
