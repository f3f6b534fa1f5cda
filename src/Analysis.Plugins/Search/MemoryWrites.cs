using Replay.Engine.Observe;

namespace Analysis.Plugins.Search;

/// <summary>The writes to pages since they were looked at last.</summary>
internal sealed class MemoryWrites
{
    private readonly SortedDictionary<ulong, List<AccessEvent>> _pages = [];

    /// <summary>Pages that were written, by number.</summary>
    internal IEnumerable<ulong> Pages => _pages.Keys;

    /// <summary>Adds one.</summary>
    internal void Add(in AccessEvent access)
    {
        ulong page = access.Physical.Value >> 12;
        if (!_pages.TryGetValue(page, out List<AccessEvent>? writes))
        {
            _pages.Add(page, writes = []);
        }

        writes.Add(access);
    }

    /// <summary>The last write to some bytes; null where there was none.</summary>
    internal AccessEvent? LastTo(ulong address, int length)
    {
        int at = _pages.TryGetValue(address >> 12, out List<AccessEvent>? writes)
            ? writes.FindLastIndex(write => write.Physical.Value < address + (ulong)length && write.Physical.Value + write.Size > address)
            : -1;
        return at < 0 ? null : writes![at];
    }

    /// <summary>Forgets them.</summary>
    internal void Clear() => _pages.Clear();
}
