namespace Replay.Log.Disks;

/// <summary>What is on a disk, to be read. For one thread at a time.</summary>
public interface IDiskImage : IDisposable
{
    /// <summary>Bytes of the disk, whole sectors of 512 bytes.</summary>
    long Bytes { get; }

    /// <summary>Reads.</summary>
    /// <param name="offset">Where; the range lies within the disk.</param>
    /// <param name="bytes">Filled whole.</param>
    /// <exception cref="Guest.Machine.ReplayKitException">A file cannot be read (RK0700), or is damaged (RK0701).</exception>
    void Read(long offset, Span<byte> bytes);

    /// <summary>Reads a block of <see cref="ScratchDisk.BlockBytes"/>; behind the end of the disk there are zeros.</summary>
    /// <param name="block">Its number.</param>
    /// <param name="content">Filled whole; the size of a block.</param>
    /// <exception cref="Guest.Machine.ReplayKitException">As <see cref="Read"/>.</exception>
    sealed void ReadBlock(int block, Span<byte> content)
    {
        long offset = (long)block * ScratchDisk.BlockBytes;
        int length = (int)Math.Min(ScratchDisk.BlockBytes, Bytes - offset);
        Read(offset, content[..length]);
        content[length..].Clear();
    }
}
