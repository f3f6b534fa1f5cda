using Replay.Log.Disks;

namespace Replay.Log.Checkpoints;

/// <summary>The blocks of a disk that were written since the checkpoint before, as they were at a position.</summary>
internal sealed class DiskChanges
{
    private readonly int[] _blocks;
    private readonly byte[] _content;

    private DiskChanges(int slot, int[] blocks, byte[] content)
    {
        Slot = slot;
        _blocks = blocks;
        _content = content;
    }

    /// <summary>The disk's slot.</summary>
    public int Slot { get; }

    /// <summary>How many blocks.</summary>
    public int Count => _blocks.Length;

    /// <summary>Takes them from a disk.</summary>
    /// <param name="slot">Its slot.</param>
    /// <param name="disk">The disk.</param>
    /// <param name="all">Whether to take all blocks that were ever written.</param>
    public static DiskChanges Take(int slot, ICheckpointDisk disk, bool all)
    {
        int[] changed = [.. disk.CollectChanged()];
        int[] blocks = all ? [.. disk.WrittenBlocks] : changed;
        byte[] content = new byte[(long)blocks.Length * ScratchDisk.BlockBytes];
        for (int i = 0; i < blocks.Length; i++)
        {
            disk.ReadBlock(blocks[i], content.AsSpan(i * ScratchDisk.BlockBytes, ScratchDisk.BlockBytes));
        }

        return new DiskChanges(slot, blocks, content);
    }

    /// <summary>The number of a block.</summary>
    public int Block(int index) => _blocks[index];

    /// <summary>What it held.</summary>
    public ReadOnlySpan<byte> Content(int index) => _content.AsSpan(index * ScratchDisk.BlockBytes, ScratchDisk.BlockBytes);
}
