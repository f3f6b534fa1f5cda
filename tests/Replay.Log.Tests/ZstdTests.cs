using Replay.Log.Native;

namespace Replay.Log.Tests;

public sealed class ZstdTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(70_000)]
    public void What_is_compressed_decompresses_to_the_same(int length)
    {
        byte[] source = [.. Enumerable.Range(0, length).Select(i => (byte)(i * i >> 3))];
        byte[] packed = new byte[Zstd.MaxCompressedLength(length)];
        int packedLength = Zstd.Compress(source, packed, 3);
        byte[] unpacked = new byte[length];
        Assert.Equal(length, Zstd.Decompress(packed.AsSpan(0, packedLength), unpacked));
        Assert.Equal(source, unpacked);
    }

    [Fact]
    public void A_destination_that_is_too_short_is_refused()
    {
        byte[] source = [.. Enumerable.Range(0, 1000).Select(i => (byte)(i * i * i >> 5))];
        byte[] packed = new byte[Zstd.MaxCompressedLength(source.Length)];
        int packedLength = Zstd.Compress(source, packed, 1);
        Assert.Throws<ArgumentException>(() => Zstd.Compress(source, new byte[8], 1));
        Assert.Throws<InvalidDataException>(() => Zstd.Decompress(packed.AsSpan(0, packedLength), new byte[999]));
    }

    [Fact]
    public void Bytes_that_are_no_zstd_frame_are_refused() =>
        Assert.Throws<InvalidDataException>(() => Zstd.Decompress([1, 2, 3, 4, 5, 6, 7, 8], new byte[100]));
}
