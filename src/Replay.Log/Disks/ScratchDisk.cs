namespace Replay.Log.Disks;

/// <summary>A disk whose writes are kept for as long as it is open, in a file without a name; the image under it stays as it is.</summary>
/// <remarks>Blocks stand in the file where they are on the disk, so that it takes as much room as was written.</remarks>
public sealed class ScratchDisk : IDisk
{
    /// <summary>Bytes of a block: what is told apart as written or not.</summary>
    public const int BlockBytes = 4096;

    private readonly IDiskImage _base;
    private readonly ImageFile _file;
    private readonly ulong[] _written;
    private readonly byte[] _block = new byte[BlockBytes];

    /// <summary>Creates a disk with the content of an image; closing it closes the image.</summary>
    /// <param name="image">What is under it.</param>
    /// <exception cref="Guest.Machine.ReplayKitException">RK0109, RK0110: there is no room for its file in the folder for temporary files.</exception>
    public ScratchDisk(IDiskImage image)
    {
        _base = image;
        _file = ImageFile.Create(Path.Combine(Path.GetTempPath(), Path.GetRandomFileName()), temporary: true);
        _written = new ulong[((image.Bytes + BlockBytes - 1) / BlockBytes) + 63 >> 6];
    }

    /// <inheritdoc/>
    public long Bytes => _base.Bytes;

    /// <summary>The numbers of the blocks that were written since the disk was made, ascending: with them a checkpoint is complete.</summary>
    public IEnumerable<long> WrittenBlocks
    {
        get
        {
            for (int word = 0; word < _written.Length; word++)
            {
                for (ulong bits = _written[word]; bits != 0; bits &= bits - 1)
                {
                    yield return ((long)word << 6) + System.Numerics.BitOperations.TrailingZeroCount(bits);
                }
            }
        }
    }

    /// <inheritdoc/>
    public void Read(long offset, Span<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            bool written = IsWritten(offset / BlockBytes);
            int length = Math.Min(bytes.Length, BlockBytes - (int)(offset % BlockBytes));
            while (length < bytes.Length && IsWritten((offset + length) / BlockBytes) == written)
            {
                length = Math.Min(bytes.Length, length + BlockBytes);
            }

            if (written)
            {
                _file.Read(offset, bytes[..length]);
            }
            else
            {
                _base.Read(offset, bytes[..length]);
            }

            offset += length;
            bytes = bytes[length..];
        }
    }

    /// <inheritdoc/>
    public void Write(long offset, ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
        {
            return;
        }

        CompleteBlock(offset);
        CompleteBlock(offset + bytes.Length);
        _file.Write(offset, bytes);
        for (long block = offset / BlockBytes; block <= (offset + bytes.Length - 1) / BlockBytes; block++)
        {
            _written[block >> 6] |= 1UL << (int)(block & 63);
        }
    }

    /// <summary>Drops everything that was written.</summary>
    public void Clear() => Array.Clear(_written);

    /// <summary>Does nothing: what is written here need not survive anything.</summary>
    public void Flush()
    {
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _file.Dispose();
        _base.Dispose();
    }

    private bool IsWritten(long block) => (_written[block >> 6] >> (int)(block & 63) & 1) != 0;

    // A write that begins or ends inside a block needs the rest of it.
    private void CompleteBlock(long edge)
    {
        long block = edge / BlockBytes;
        if (edge % BlockBytes != 0 && !IsWritten(block))
        {
            int length = (int)Math.Min(BlockBytes, Bytes - (block * BlockBytes));
            _base.Read(block * BlockBytes, _block.AsSpan(0, length));
            _file.Write(block * BlockBytes, _block.AsSpan(0, length));
            _written[block >> 6] |= 1UL << (int)(block & 63);
        }
    }
}
