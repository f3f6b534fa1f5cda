using Guest.Machine.Memory;

namespace Replay.Log.Checkpoints;

/// <summary>Brings the pages of a page table into a machine's memory, one by one as they are accessed, and checks each. For the machine's thread.</summary>
internal sealed class PageFetcher(CheckpointFolder folder, PageTable table, PageHash hash)
{
    private static readonly byte[] s_zeros = new byte[GuestMemory.PageBytes];

    private readonly StoredPages _stored = new(folder);

    /// <summary>Brings one page.</summary>
    /// <exception cref="Guest.Machine.ReplayKitException">It is damaged (RK0101), or cannot be read (RK0105).</exception>
    public void Fetch(GuestMemory memory, int page)
    {
        PageLocation location = table.Locations[page];
        if (location.IsZero)
        {
            memory.Bring(page, s_zeros);
            return;
        }

        ReadOnlySpan<byte> content = _stored.Read(location);
        if (hash.Of(page, content) != table.Hashes[page])
        {
            throw _stored.Damage(location, $"RAM page {page}");
        }

        memory.Bring(page, content);
    }
}
