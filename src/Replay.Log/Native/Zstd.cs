using System.Runtime.InteropServices;

namespace Replay.Log.Native;

/// <summary>Zstandard compression by the system's own <c>libzstd.so.1</c> (RFC 8878), one whole zstd frame per call.</summary>
/// <remarks>Every method may be called from any thread. Each call makes and frees a native context (some hundred KiB).</remarks>
public static class Zstd
{
    private const string Library = "libzstd.so.1";

    /// <summary>Whether the host has the native library; without it every other member throws <see cref="DllNotFoundException"/>.</summary>
    public static bool IsAvailable { get; } = NativeLibrary.TryLoad(Library, out _);

    /// <summary>The bytes that <see cref="Compress"/> needs at most for a source of that many bytes.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The source is negative, or so long that its bound exceeds 2 GiB.</exception>
    public static int MaxCompressedLength(int sourceLength)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(sourceLength);
        nuint bound = ZSTD_compressBound((nuint)sourceLength);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bound, (nuint)int.MaxValue, nameof(sourceLength));
        return (int)bound;
    }

    /// <summary>Compresses the whole source into one zstd frame.</summary>
    /// <param name="source">What to compress; may be empty.</param>
    /// <param name="destination">Room for the result; <see cref="MaxCompressedLength"/> bytes always suffice.</param>
    /// <param name="level">1 (fast) to 19 (small); negative levels are faster still.</param>
    /// <returns>The length of the compressed form.</returns>
    /// <exception cref="ArgumentException">The destination is too short for the result.</exception>
    public static int Compress(ReadOnlySpan<byte> source, Span<byte> destination, int level)
    {
        nuint result = CompressNative(source, destination, level);
        return ZSTD_isError(result) == 0 ? (int)result : throw new ArgumentException($"zstd: {ErrorName(result)}", nameof(destination));
    }

    /// <summary>Decompresses zstd frames into the destination.</summary>
    /// <returns>The length of the decompressed form.</returns>
    /// <exception cref="InvalidDataException">The source is no whole zstd frame, is damaged, or holds more than the destination.</exception>
    public static int Decompress(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        nuint result = DecompressNative(source, destination);
        return ZSTD_isError(result) == 0 ? (int)result : throw new InvalidDataException($"zstd: {ErrorName(result)}");
    }

    /// <summary>The bytes of the zstd frame that a source begins with.</summary>
    /// <exception cref="InvalidDataException">The source does not begin with a whole zstd frame.</exception>
    public static int FirstFrameLength(ReadOnlySpan<byte> source)
    {
        nuint result = FrameLengthNative(source);
        return ZSTD_isError(result) == 0 ? (int)result : throw new InvalidDataException($"zstd: {ErrorName(result)}");
    }

    // Safe because: the span stays pinned during the call and libzstd stays within the length it is given.
    private static unsafe nuint FrameLengthNative(ReadOnlySpan<byte> source)
    {
        fixed (byte* from = source)
        {
            return ZSTD_findFrameCompressedSize(from, (nuint)source.Length);
        }
    }

    // Safe because: both spans stay pinned during the call and libzstd stays within the lengths it is given.
    private static unsafe nuint CompressNative(ReadOnlySpan<byte> source, Span<byte> destination, int level)
    {
        fixed (byte* from = source, to = destination)
        {
            return ZSTD_compress(to, (nuint)destination.Length, from, (nuint)source.Length, level);
        }
    }

    // Safe because: both spans stay pinned during the call and libzstd stays within the lengths it is given.
    private static unsafe nuint DecompressNative(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        fixed (byte* from = source, to = destination)
        {
            return ZSTD_decompress(to, (nuint)destination.Length, from, (nuint)source.Length);
        }
    }

    private static string ErrorName(nuint result) => Marshal.PtrToStringUTF8(ZSTD_getErrorName(result)) ?? "unknown error";

    [DllImport(Library)]
    private static extern nuint ZSTD_compressBound(nuint sourceLength);

    [DllImport(Library)]
    private static extern unsafe nuint ZSTD_compress(byte* destination, nuint capacity, byte* source, nuint sourceLength, int level);

    [DllImport(Library)]
    private static extern unsafe nuint ZSTD_decompress(byte* destination, nuint capacity, byte* source, nuint sourceLength);

    [DllImport(Library)]
    private static extern unsafe nuint ZSTD_findFrameCompressedSize(byte* source, nuint sourceLength);

    [DllImport(Library)]
    private static extern uint ZSTD_isError(nuint code);

    [DllImport(Library)]
    private static extern IntPtr ZSTD_getErrorName(nuint code);
}
