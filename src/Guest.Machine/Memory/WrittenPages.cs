namespace Guest.Machine.Memory;

/// <summary>The RAM pages written since one reader last asked. Each reader has its own and they do not disturb one another.</summary>
/// <remarks>Made by <see cref="GuestMemory.TrackWrites"/>. Costs a byte a page. For the machine's thread.</remarks>
public sealed class WrittenPages : IDisposable
{
    private readonly GuestMemory _memory;
    private readonly bool[] _noted;
    private readonly List<int> _pages = [];

    internal WrittenPages(GuestMemory memory)
    {
        _memory = memory;
        _noted = new bool[memory.PageCount];
    }

    /// <summary>The pages written up to now, each once, in no order that means anything; valid until the machine runs on.</summary>
    /// <remarks>Revokes all write rights: the next write to each page costs a slow one.</remarks>
    public IReadOnlyList<int> Collect()
    {
        _memory.RevokeWrites();
        return _pages;
    }

    /// <summary>Begins a new interval at the present position: what <see cref="Collect"/> returned is forgotten.</summary>
    public void Clear()
    {
        foreach (int page in _pages)
        {
            _noted[page] = false;
        }

        _pages.Clear();
    }

    /// <summary>Notes nothing more.</summary>
    public void Dispose() => _memory.Untrack(this);

    internal void Note(int page)
    {
        if (!_noted[page])
        {
            _noted[page] = true;
            _pages.Add(page);
        }
    }
}
