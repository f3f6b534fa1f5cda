namespace Guest.Machine.Memory;

/// <summary>The hash of all RAM: the sum of a hash of each page, refreshed for pages written since the last one.</summary>
/// <remarks>
/// What a page contributes says its <see cref="PageHash"/>, an all-zero page nothing; contributions are added modulo 2^128. Pages that were never
/// written cost nothing.
/// </remarks>
public sealed class MemoryHash
{
    private readonly GuestMemory _memory;
    private readonly PageHash _hash;
    private readonly WrittenPages _written;
    private readonly Hash128[] _pages;
    private Hash128 _sum;

    /// <summary>Creates the hash; everything that memory holds counts at the first <see cref="Refresh"/>.</summary>
    /// <param name="memory">The memory.</param>
    /// <param name="hash">What its pages contribute.</param>
    public MemoryHash(GuestMemory memory, PageHash hash)
    {
        _memory = memory;
        _hash = hash;
        _written = memory.TrackWrites(sinceZero: true);
        _pages = new Hash128[memory.PageCount];
    }

    /// <summary>Takes in the pages written since the last call and begins a new interval.</summary>
    /// <returns>The hash of all RAM.</returns>
    public Hash128 Refresh()
    {
        foreach (int page in _written.Collect())
        {
            Hash128 now = _hash.Of(page, _memory.Page(page));
            _sum = _sum - _pages[page] + now;
            _pages[page] = now;
        }

        _written.Clear();
        return _sum;
    }

    /// <summary>What RAM holds, to be fetched from here.</summary>
    internal MemoryImage Image()
    {
        Hash128 sum = Refresh();
        Hash128[] hashes = [.. _pages];
        byte[] zeros = new byte[GuestMemory.PageBytes];
        return new MemoryImage(hashes, sum, (memory, page) => memory.Bring(page, hashes[page] == 0 ? zeros : _memory.Page(page)));
    }

    /// <summary>Gives RAM another content, of which the hashes are known; pages that hold it already stay.</summary>
    /// <remarks>Costs a look at every page's hash; content is fetched later, page by page.</remarks>
    internal void Replace(MemoryImage image)
    {
        ReadOnlySpan<Hash128> hashes = image.PageHashes.Span;
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
}
