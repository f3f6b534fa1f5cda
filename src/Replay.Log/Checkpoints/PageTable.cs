using Guest.Machine;

namespace Replay.Log.Checkpoints;

/// <summary>What every page of RAM holds at a position: its hash, and where its content is stored.</summary>
internal sealed class PageTable
{
    /// <summary>The table of RAM that is all zero.</summary>
    /// <param name="pages">RAM pages.</param>
    public PageTable(int pages)
    {
        Hashes = new Hash128[pages];
        Locations = new PageLocation[pages];
    }

    private PageTable(PageTable other)
    {
        Hashes = [.. other.Hashes];
        Locations = [.. other.Locations];
    }

    /// <summary>[page] its part of the hash of all RAM; 0 for zeros.</summary>
    public Hash128[] Hashes { get; }

    /// <summary>[page] where it is stored.</summary>
    public PageLocation[] Locations { get; }

    /// <summary>The hash of all RAM.</summary>
    public Hash128 Sum
    {
        get
        {
            Hash128 sum = 0;
            foreach (Hash128 hash in Hashes)
            {
                sum = sum + hash;
            }

            return sum;
        }
    }

    /// <summary>A table that changes by itself.</summary>
    public PageTable Copy() => new(this);

    /// <summary>Enters what changed.</summary>
    public void Apply(IEnumerable<PageEntry> entries)
    {
        foreach (PageEntry entry in entries)
        {
            Hashes[entry.Page] = entry.Hash;
            Locations[entry.Page] = entry.Location;
        }
    }

    /// <summary>The entries of all pages that are not zero.</summary>
    public List<PageEntry> Entries()
    {
        List<PageEntry> entries = [];
        for (int page = 0; page < Hashes.Length; page++)
        {
            if (!Locations[page].IsZero)
            {
                entries.Add(new PageEntry(page, Locations[page], Hashes[page]));
            }
        }

        return entries;
    }
}
