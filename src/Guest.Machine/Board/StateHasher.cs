using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Guest.Machine.Board;

/// <summary>The hash of one part of the state: SHA-256, cut to its first 128 bits.</summary>
public static class StateHasher
{
    /// <summary>Hashes bytes.</summary>
    public static Hash128 Hash(ReadOnlySpan<byte> bytes)
    {
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(bytes, hash);
        return Cut(hash);
    }

    /// <summary>The first 128 bits of a SHA-256, little-endian.</summary>
    public static Hash128 Cut(ReadOnlySpan<byte> hash) => Hash128.Read(hash);
}
