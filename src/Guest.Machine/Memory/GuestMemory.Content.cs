namespace Guest.Machine.Memory;

/// <content>Content from elsewhere: pages that arrive when they are first accessed, and pages that are kept as they are now.</content>
/// <remarks>
/// Every way to a page's bytes begins with <see cref="TryHost"/> (or <see cref="Page"/>) and every write with <see cref="BeforeWrite"/>, and what
/// was derived from a page that goes away is dropped first: that is why neither needs the host's page protection or signals.
/// </remarks>
public sealed partial class GuestMemory
{
    private Action<GuestMemory, int>? _fetch;
    private MemorySnapshot? _snapshot;

    /// <summary>Pages that have not arrived yet.</summary>
    public int AbsentPages { get; private set; }

    /// <summary>Brings the content of one page; called by the one who was asked to fetch it, also for other pages that were at hand.</summary>
    /// <param name="page">The page; one that is here already stays as it is.</param>
    /// <param name="content">Its 4096 bytes.</param>
    public void Bring(int page, ReadOnlySpan<byte> content)
    {
        if ((_flags[page] & PageFlags.Absent) != 0)
        {
            content.CopyTo(Bytes(page));
            _flags[page] &= ~PageFlags.Absent;
            AbsentPages--;
        }
    }

    /// <summary>Fetches every page that has not arrived yet.</summary>
    public void BringAll()
    {
        for (int page = 0; page < _flags.Length && AbsentPages > 0; page++)
        {
            Arrive(page);
        }
    }

    /// <summary>Keeps the present content of pages for a reader on another thread while the machine runs on.</summary>
    /// <param name="pages">The pages; all of them are here.</param>
    /// <exception cref="InvalidOperationException">Pages are kept already: there is one such reader at a time.</exception>
    public MemorySnapshot Keep(IReadOnlyList<int> pages)
    {
        if (_snapshot is { IsDone: false })
        {
            throw new InvalidOperationException("pages are kept for another reader still");
        }

        RevokeWrites();
        _snapshot = new MemorySnapshot(this, pages);
        foreach (int page in pages)
        {
            _flags[page] |= PageFlags.Kept;
        }

        return _snapshot;
    }

    /// <summary>Replaces pages: from here on their content is what is fetched at their first access. No translation may exist.</summary>
    internal void Replace(IReadOnlyList<int> pages, Action<GuestMemory, int> fetch)
    {
        RevokeWrites();
        _fetch = fetch;
        foreach (int page in pages)
        {
            if ((_flags[page] & PageFlags.Code) != 0)
            {
                TellCodeChanging(page, 0, PageBytes);
            }

            if ((_flags[page] & PageFlags.Kept) != 0)
            {
                _snapshot!.BeforeWrite(page);
            }

            AbsentPages += (_flags[page] & PageFlags.Absent) == 0 ? 1 : 0;
            _flags[page] = PageFlags.Absent;
            foreach (WrittenPages reader in _readers)
            {
                reader.Note(page);
            }
        }
    }

    private void Arrive(int page)
    {
        if ((_flags[page] & PageFlags.Absent) != 0)
        {
            _fetch!(this, page);
            if ((_flags[page] & PageFlags.Absent) != 0)
            {
                throw new InvalidOperationException($"page {page} was fetched and did not arrive");
            }
        }
    }
}
