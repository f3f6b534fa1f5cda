using System.IO.Compression;
using Guest.Machine;
using Replay.Log.Native;

namespace Replay.Log.Frames;

/// <summary>Packs and unpacks the payloads of frames.</summary>
internal static class FrameCompression
{
    private const int ZstdLevel = 3;
    private const int BrotliQuality = 1;
    private const int BrotliWindowBits = 22;

    /// <summary>The codec this host compresses with.</summary>
    public static FrameCodec Preferred => Zstd.IsAvailable ? FrameCodec.Zstd : FrameCodec.Brotli;

    /// <summary>Room that packing a payload of that many bytes needs at most.</summary>
    public static int MaxStoredLength(FrameCodec codec, int payloadLength) => codec switch
    {
        FrameCodec.Stored => payloadLength,
        FrameCodec.Zstd => Zstd.MaxCompressedLength(payloadLength),
        FrameCodec.Brotli => BrotliEncoder.GetMaxCompressedLength(payloadLength),
        _ => throw new ArgumentOutOfRangeException(nameof(codec)),
    };

    /// <summary>Packs a payload; where that makes it no shorter, stores it as it is.</summary>
    /// <returns>The codec that was used and the stored length.</returns>
    public static (FrameCodec Codec, int Length) Pack(FrameCodec codec, ReadOnlySpan<byte> payload, Span<byte> stored)
    {
        int length = codec switch
        {
            FrameCodec.Zstd => Zstd.Compress(payload, stored, ZstdLevel),
            FrameCodec.Brotli => PackBrotli(payload, stored),
            _ => payload.Length,
        };
        if (length < payload.Length)
        {
            return (codec, length);
        }

        payload.CopyTo(stored);
        return (FrameCodec.Stored, payload.Length);
    }

    /// <summary>Unpacks a stored payload into exactly the destination.</summary>
    /// <exception cref="InvalidDataException">The stored bytes are not the codec's form of that many bytes.</exception>
    /// <exception cref="ReplayKitException">This host lacks the codec's library.</exception>
    public static void Unpack(FrameCodec codec, ReadOnlySpan<byte> stored, Span<byte> payload)
    {
        int length = codec switch
        {
            FrameCodec.Stored => UnpackStored(stored, payload),
            FrameCodec.Zstd when !Zstd.IsAvailable => throw new ReplayKitException(
                LogErrors.CodecMissing, ExitCode.HostCannot, "the recording is compressed by zstd and this host has no libzstd.so.1: install libzstd1"),
            FrameCodec.Zstd => Zstd.Decompress(stored, payload),
            FrameCodec.Brotli => BrotliDecoder.TryDecompress(stored, payload, out int written) ? written : -1,
            _ => throw new ArgumentOutOfRangeException(nameof(codec)),
        };
        if (length != payload.Length)
        {
            throw new InvalidDataException($"the payload does not unpack to {payload.Length} bytes");
        }
    }

    private static int PackBrotli(ReadOnlySpan<byte> payload, Span<byte> stored) =>
        BrotliEncoder.TryCompress(payload, stored, out int written, BrotliQuality, BrotliWindowBits) ? written : payload.Length;

    private static int UnpackStored(ReadOnlySpan<byte> stored, Span<byte> payload) =>
        stored.TryCopyTo(payload) ? stored.Length : -1;
}
