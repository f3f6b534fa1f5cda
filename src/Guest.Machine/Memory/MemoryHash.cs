using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Guest.Machine.Memory;

/// <summary>The hash of all RAM: the sum of a hash of each page, refreshed for pages written since the last one.</summary>
/// <remarks>
/// A page contributes the first 128 bits of SHA-256(its number as 8 bytes little-endian, its 4096 bytes), an all-zero page nothing;
/// contributions are added modulo 2^128. Pages that were never written cost nothing.
/// </remarks>
public sealed class MemoryHash
{
    private readonly GuestMemory _memory;
    private readonly WrittenPages _written;
    private readonly UInt128[] _pages;
    private UInt128 _sum;

    /// <summary>Creates the hash of memory that is all zero; what was written since counts at the first <see cref="Refresh"/>.</summary>
    public MemoryHash(GuestMemory memory)
    {
        _memory = memory;
        _written = memory.TrackWrites();
        _pages = new UInt128[memory.PageCount];
    }

    /// <summary>Takes in the pages written since the last call and begins a new interval.</summary>
    /// <returns>The hash of all RAM.</returns>
    public UInt128 Refresh()
    {
        foreach (int page in _written.Collect())
        {
            UInt128 now = HashOf(page, _memory.Page(page));
            _sum = unchecked(_sum - _pages[page] + now);
            _pages[page] = now;
        }

        _written.Clear();
        return _sum;
    }

    /// <summary>Gives RAM another content, of which the hashes are known; pages that hold it already stay.</summary>
    /// <remarks>Costs a look at every page's hash; content is fetched later, page by page.</remarks>
    internal void Replace(MemoryImage image)
    {
        ReadOnlySpan<UInt128> hashes = image.PageHashes.Span;
        var written = new HashSet<int>(_written.Collect());
        List<int> differing = [];
        for (int page = 0; page < _pages.Length; page++)
        {
            if (_pages[page] != hashes[page] || written.Contains(page))
            {
                differing.Add(page);
            }
        }

        _memory.Replace(differing, image.Fetch);
        hashes.CopyTo(_pages);
        _sum = image.Hash;
        _written.Clear();
    }

    /// <summary>What a page contributes to the hash of all RAM; 0 for a page of zeros.</summary>
    public static UInt128 HashOf(int page, ReadOnlySpan<byte> content)
    {
        if (content.IndexOfAnyExcept((byte)0) < 0)
        {
            return 0;
        }

        Span<byte> bytes = stackalloc byte[8 + GuestMemory.PageBytes];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, (ulong)page);
        content.CopyTo(bytes[8..]);
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(bytes, hash);
        return BinaryPrimitives.ReadUInt128LittleEndian(hash);
    }
}
