using Guest.Machine.Memory;

namespace Replay.Log.Checkpoints;

/// <summary>Reads pages where checkpoints store them.</summary>
/// <remarks>Keeps the last unpacked blocks: pages that were written one after the other are accessed so, too. For one thread.</remarks>
internal sealed class StoredPages(CheckpointFolder folder)
{
    private const int CachedBlocks = 32;

    private readonly CachedBlock[] _cache = new CachedBlock[CachedBlocks];

    /// <summary>The content of a page that is not zero; valid until the next call.</summary>
    /// <exception cref="Guest.Machine.ReplayKitException">It is damaged (RK0101), or cannot be read (RK0105).</exception>
    public ReadOnlySpan<byte> Read(PageLocation location)
    {
        CheckpointFile file = folder.FileNumbered(location.File);
        ref CachedBlock block = ref Block(file, location);
        return location.Slot < block.Pages
            ? block.Bytes.AsSpan(location.Slot * GuestMemory.PageBytes, GuestMemory.PageBytes)
            : throw file.Damage(location.Offset, $"the block has {block.Pages} pages, and page {location.Slot} of it is wanted");
    }

    /// <summary>The error that a page is not what it should be.</summary>
    public Guest.Machine.ReplayKitException Damage(PageLocation location, string what) =>
        folder.FileNumbered(location.File).Damage(location.Offset, $"page {location.Slot} of the block is not what {what} held");

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
