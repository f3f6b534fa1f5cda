using System.Runtime.InteropServices;
using Guest.Machine.State;
using Replay.Engine.Observe;

namespace Analysis.Plugins.WorkingSet;

/// <summary>The pages that were used, by their physical number.</summary>
internal sealed class PageUses : IPluginState
{
    private readonly Dictionary<ulong, PageUse> _pages = [];

    /// <summary>All of them, by number.</summary>
    internal IEnumerable<KeyValuePair<ulong, PageUse>> Sorted => _pages.OrderBy(page => page.Key);

    /// <summary>Adds an access.</summary>
    internal void Add(in AccessEvent access)
    {
        ref PageUse page = ref CollectionsMarshal.GetValueRefOrAddDefault(_pages, access.Physical.Value >> 12, out bool isThere)!;
        if (!isThere)
        {
            (page.First, page.Linear) = (access.Order, access.Linear.Value & ~0xFFFul);
        }

        page.Last = access.Order;
        page.Writes += access.IsWrite ? 1ul : 0;
        page.Reads += access.IsWrite ? 0ul : 1;
    }

    /// <summary>Adds those of the next segment.</summary>
    internal void Append(PageUses next)
    {
        foreach ((ulong number, PageUse use) in next._pages)
        {
            ref PageUse page = ref CollectionsMarshal.GetValueRefOrAddDefault(_pages, number, out bool isThere)!;
            if (isThere)
            {
                page.Add(use);
            }
            else
            {
                page = use;
            }
        }
    }

    /// <inheritdoc/>
    public void Save(StateWriter writer)
    {
        writer.WriteInt32(_pages.Count);
        foreach ((ulong number, PageUse use) in Sorted)
        {
            writer.WriteUInt64(number);
            use.Save(writer);
        }
    }

    /// <inheritdoc/>
    public void Load(StateReader reader)
    {
        _pages.Clear();
        for (int left = reader.ReadIndex(int.MaxValue); left > 0; left--)
        {
            _pages.Add(reader.ReadUInt64(), PageUse.Load(reader));
        }
    }
}
