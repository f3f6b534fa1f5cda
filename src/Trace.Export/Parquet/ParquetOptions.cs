using Replay.Log.Native;

namespace Trace.Export.Parquet;

/// <summary>What a user may choose about a Parquet file.</summary>
/// <remarks>The writer holds one row group in compressed form: with the defaults some ten MiB per table.</remarks>
public sealed record ParquetOptions
{
    /// <summary>How pages are compressed: by Zstandard, on a host without libzstd by GZIP.</summary>
    public ParquetCodec Codec { get; init; } = Zstd.IsAvailable ? ParquetCodec.Zstd : ParquetCodec.Gzip;

    /// <summary>Zstandard's level: 1 is fast, 19 is small.</summary>
    public int ZstdLevel { get; init; } = 1;

    /// <summary>Rows of a page; all columns have the same ones. 32,768 rows are at most 256 KiB of a 64-bit column.</summary>
    public int PageRows { get; init; } = 32_768;

    /// <summary>Pages of a row group: with the defaults a row group has 1,048,576 rows.</summary>
    public int RowGroupPages { get; init; } = 32;
}
