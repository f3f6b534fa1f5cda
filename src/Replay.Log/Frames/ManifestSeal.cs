using System.Security.Cryptography;

namespace Replay.Log.Frames;

/// <summary>The payload of a log's first frame: the SHA-256 of <c>manifest.json</c>, then a copy of its bytes.</summary>
/// <remarks>The hash ties the log to its manifest; the copy says where a damaged manifest differs, and stands in for it.</remarks>
internal static class ManifestSeal
{
    /// <summary>The payload for a manifest.</summary>
    public static byte[] Of(ReadOnlySpan<byte> manifest) => [.. SHA256.HashData(manifest), .. manifest];

    /// <summary>The copy of the manifest, or false where the payload is no seal.</summary>
    public static bool TryOpen(ReadOnlySpan<byte> payload, out ReadOnlySpan<byte> manifest)
    {
        manifest = default;
        if (payload.Length < SHA256.HashSizeInBytes)
        {
            return false;
        }

        manifest = payload[SHA256.HashSizeInBytes..];
        return payload[..SHA256.HashSizeInBytes].SequenceEqual(SHA256.HashData(manifest));
    }
}
