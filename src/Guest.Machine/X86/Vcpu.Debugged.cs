namespace Guest.Machine.X86;

/// <content>What a debugger of a replay needs to know: how often the present instruction was begun, and accesses to chosen pages.</content>
public sealed partial class Vcpu
{
    private ulong _triedAt = ulong.MaxValue;
    private int _tries;
    private IAccessObserver? _watcher;
    private IReadOnlySet<ulong>? _watchedPages;

    /// <summary>
    /// How often an instruction was begun at the present count of retired ones without retiring: it raised a fault, or it was a part of a REP string
    /// instruction. Together with the count it tells places apart that the count alone does not.
    /// </summary>
    public int Tries => _triedAt == State.Retired ? _tries : 0;

    /// <summary>The linear address of the instruction that it is about to begin.</summary>
    public ulong LinearPc => CodeAddress(State.Rip);

    /// <summary>
    /// Sets or clears who sees the data accesses to some linear pages, whatever the address space: these pages are never remembered, so that each
    /// access is looked at; the others cost nothing. The observer also sees accesses to other pages and has to tell them apart.
    /// </summary>
    /// <param name="watcher">Who sees them; null for nobody.</param>
    /// <param name="pages">The pages' addresses.</param>
    public void WatchPages(IAccessObserver? watcher, IReadOnlySet<ulong> pages)
    {
        _watcher = watcher;
        _watchedPages = watcher is null || pages.Count == 0 ? null : pages;
        FlushTranslations();
    }

    /// <summary>Counts an instruction that was begun and did not retire.</summary>
    internal void NoteTry()
    {
        _tries = Tries + 1;
        _triedAt = State.Retired;
    }

    /// <summary>Counts from anew: the registers are those of another place.</summary>
    internal void ForgetTries() => _triedAt = ulong.MaxValue;

    private bool IsWatched(ulong page) => _watchedPages is { } pages && pages.Contains(page);
}
