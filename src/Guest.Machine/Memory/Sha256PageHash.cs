using System.Buffers.Binary;

namespace Guest.Machine.Memory;

/// <summary>The page hash of format version 1: the first 128 bits of SHA-256(the page's number as 8 bytes little-endian, its 4096 bytes).</summary>
internal sealed class Sha256PageHash : PageHash
{
    /// <inheritdoc/>
    protected override Hash128 OfContent(int page, ReadOnlySpan<byte> content)
    {
        Span<byte> bytes = stackalloc byte[8 + GuestMemory.PageBytes];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, (ulong)page);
        content.CopyTo(bytes[8..]);
        return Hash128.OfSha256(bytes);
    }
}
