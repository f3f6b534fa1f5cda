using Guest.Machine.Board;
using Guest.Machine.Memory;
using Replay.Log.Disks;

namespace Replay.Log.Checkpoints;

/// <summary>What of a machine consists of pages: RAM, and the disks that it can write.</summary>
internal sealed class CheckpointSpaces
{
    private CheckpointSpaces(int pages, SortedDictionary<int, int> disks)
    {
        Pages = pages;
        Disks = disks;
    }

    /// <summary>RAM pages.</summary>
    public int Pages { get; }

    /// <summary>[slot] blocks of the disk there, in ascending order of slots.</summary>
    public SortedDictionary<int, int> Disks { get; }

    /// <summary>The most rows that the tables of a checkpoint can have together.</summary>
    public long Rows => Pages + Disks.Values.Sum(blocks => (long)blocks);

    /// <summary>Those of a machine.</summary>
    public static CheckpointSpaces Of(MachineDescription machine) => new(
        (int)(machine.MemoryBytes / GuestMemory.PageBytes),
        new(machine.Pci.OfType<BlockDescription>().Where(disk => !disk.ReadOnly)
            .ToDictionary(disk => disk.Slot, disk => checked((int)((disk.Bytes + ScratchDisk.BlockBytes - 1) / ScratchDisk.BlockBytes)))));
}
