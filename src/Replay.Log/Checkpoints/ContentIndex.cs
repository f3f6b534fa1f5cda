using Guest.Machine;

namespace Replay.Log.Checkpoints;

/// <summary>Where content is stored that has been met already, so that the same page is stored once wherever it turns up.</summary>
/// <remarks>Holds a bounded number of pages and then begins anew: a page it has forgotten is stored once more.</remarks>
internal sealed class ContentIndex
{
    private const int MostPages = 1 << 20;
    private readonly Dictionary<Hash128, PageLocation> _places = [];

    /// <summary>Whether content is stored already, and where.</summary>
    public bool TryFind(Hash128 content, out PageLocation location) => _places.TryGetValue(content, out location);

    /// <summary>Notes where content is stored.</summary>
    public void Add(Hash128 content, PageLocation location)
    {
        if (_places.Count >= MostPages)
        {
            _places.Clear();
        }

        _places[content] = location;
    }

    /// <summary>Notes the pages of a file.</summary>
    public void Add(int file, IEnumerable<StoredBlock> blocks)
    {
        foreach (StoredBlock block in blocks)
        {
            for (int slot = 0; slot < block.PageHashes.Count; slot++)
            {
                Add(block.PageHashes[slot], new PageLocation(file, block.Offset, slot));
            }
        }
    }
}
