using Guest.Machine.Memory;

namespace Replay.Log.Checkpoints;

/// <summary>Brings the pages of a page table into a machine's memory, one by one as they are accessed, and checks each.</summary>
/// <remarks>Keeps the last unpacked blocks: pages that were written one after the other are accessed so, too. For the machine's thread.</remarks>
internal sealed class PageFetcher(CheckpointFolder folder, PageTable table, PageHash hash)
{
    private const int CachedBlocks = 32;
    private static readonly byte[] s_zeros = new byte[GuestMemory.PageBytes];

    private readonly CachedBlock[] _cache = new CachedBlock[CachedBlocks];

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

        CheckpointFile file = folder.FileNumbered(location.File);
        ref CachedBlock block = ref Block(file, location);
        ReadOnlySpan<byte> content = location.Slot < block.Pages
            ? block.Bytes.AsSpan(location.Slot * GuestMemory.PageBytes, GuestMemory.PageBytes)
            : throw file.Damage(location.Offset, $"the block has {block.Pages} pages, and page {location.Slot} of it is wanted");
        if (hash.Of(page, content) != table.Hashes[page])
        {
            throw file.Damage(location.Offset, $"page {location.Slot} of the block is not what RAM page {page} held");
        }

        memory.Bring(page, content);
    }

    private ref CachedBlock Block(CheckpointFile file, PageLocation location)
    {
        ref CachedBlock block = ref _cache[(int)((ulong)((location.Offset >> 10) + location.File) % CachedBlocks)];
        if (block.Bytes is null || block.File != location.File || block.Offset != location.Offset)
        {
            block.Bytes ??= new byte[CheckpointFormat.BlockBytes];
            block.Offset = 0;
            block.Pages = file.ReadBlock(location.Offset, block.Bytes);
            block.File = location.File;
            block.Offset = location.Offset;
        }

        return ref block;
    }

    private struct CachedBlock
    {
        internal int File;
        internal long Offset;
        internal int Pages;
        internal byte[]? Bytes;
    }
}
