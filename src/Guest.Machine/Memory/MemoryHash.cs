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
    private readonly byte[] _buffer = new byte[8 + 4096];
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
            UInt128 now = HashPage(page);
            _sum = unchecked(_sum - _pages[page] + now);
            _pages[page] = now;
        }

        _written.Clear();
        return _sum;
    }

    private UInt128 HashPage(int page)
    {
        ReadOnlySpan<byte> content = _memory.Page(page);
        if (content.IndexOfAnyExcept((byte)0) < 0)
        {
            return 0;
        }

        BinaryPrimitives.WriteUInt64LittleEndian(_buffer, (ulong)page);
        content.CopyTo(_buffer.AsSpan(8));
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(_buffer, hash);
        return BinaryPrimitives.ReadUInt128LittleEndian(hash);
    }
}
