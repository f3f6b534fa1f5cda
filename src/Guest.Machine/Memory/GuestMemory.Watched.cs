namespace Guest.Machine.Memory;

/// <content>Pages whose writes somebody sees.</content>
public sealed partial class GuestMemory
{
    private IWriteObserver? _writeObserver;
    private int[] _watchedPages = [];
    private bool _isBoardWriting;

    /// <summary>
    /// Sets or clears who sees the writes to some pages of RAM; the others cost nothing. Going to another state of memory (a checkpoint, another machine's) ends it.
    /// </summary>
    /// <param name="observer">Who sees them; null for nobody.</param>
    /// <param name="address">The first byte of the range; the observer also sees writes to the rest of its pages.</param>
    /// <param name="length">Its bytes; all of it is RAM.</param>
    public void WatchWrites(IWriteObserver? observer, GuestPhysical address, ulong length)
    {
        foreach (int page in _watchedPages)
        {
            Forget(page, PageFlags.Watched);
        }

        _writeObserver = observer;
        _watchedPages = observer is null ? [] : [.. PagesOf(address, length)];
        foreach (int page in _watchedPages)
        {
            _ = Page(page);
            Derive(page, PageFlags.Watched);
        }
    }

    private IEnumerable<int> PagesOf(GuestPhysical address, ulong length)
    {
        for (ulong at = address.Value & ~0xFFFUL; at < address.Value + length; at += 0x1000)
        {
            yield return PageOf(Host(new GuestPhysical(at)));
        }
    }

    private void TellWriting(int page, int offset, ReadOnlySpan<byte> bytes) =>
        _writeObserver?.Writing(new GuestPhysical(AddressOf(page).Value + (ulong)offset), bytes, _isBoardWriting);
}
