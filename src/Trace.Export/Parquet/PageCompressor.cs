using System.IO.Compression;
using Replay.Log.Native;

namespace Trace.Export.Parquet;

/// <summary>Compresses pages with one codec; keeps the room for the result.</summary>
internal sealed class PageCompressor(ParquetCodec codec, int zstdLevel)
{
    private byte[] _room = [];

    /// <summary>How pages are compressed.</summary>
    public ParquetCodec Codec => codec;

    /// <summary>The compressed form of a page, valid until the next call.</summary>
    public ReadOnlySpan<byte> Compress(ReadOnlySpan<byte> page) => codec switch
    {
        ParquetCodec.Zstd => CompressZstd(page),
        ParquetCodec.Gzip => CompressGzip(page),
        _ => page,
    };

    private static byte[] CompressGzip(ReadOnlySpan<byte> page)
    {
        using MemoryStream result = new();
        using (GZipStream gzip = new(result, CompressionLevel.Fastest))
        {
            gzip.Write(page);
        }

        return result.ToArray();
    }

    private ReadOnlySpan<byte> CompressZstd(ReadOnlySpan<byte> page)
    {
        int most = Zstd.MaxCompressedLength(page.Length);
        if (_room.Length < most)
        {
            _room = new byte[most];
        }

        return _room.AsSpan(0, Zstd.Compress(page, _room, zstdLevel));
    }
}
