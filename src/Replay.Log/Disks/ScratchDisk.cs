using Replay.Log.Checkpoints;

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
    private readonly ulong[] _stored;
    private readonly ulong[] _changed;
    private readonly ulong[] _readFromImage;
    private readonly byte[] _block = new byte[BlockBytes];
    private StoredDisk? _storedBlocks;

    /// <summary>Creates a disk with the content of an image; closing it closes the image.</summary>
    /// <param name="image">What is under it.</param>
    /// <exception cref="Guest.Machine.ReplayKitException">RK0109, RK0110: there is no room for its file in the folder for temporary files.</exception>
    public ScratchDisk(IDiskImage image)
    {
        _base = image;
        _file = ImageFile.Create(Path.Combine(Path.GetTempPath(), Path.GetRandomFileName()), temporary: true);
        _written = new ulong[((image.Bytes + BlockBytes - 1) / BlockBytes) + 63 >> 6];
        _stored = new ulong[_written.Length];
        _changed = new ulong[_written.Length];
        _readFromImage = new ulong[_written.Length];
    }

    /// <inheritdoc/>
    public long Bytes => _base.Bytes;

    /// <summary>The numbers of the blocks that differ from the image because they were written or restored, ascending: with them a checkpoint is complete.</summary>
    public IEnumerable<int> WrittenBlocks => Blocks(word => _written[word] | _stored[word]);

    /// <summary>The image under it.</summary>
    public IDiskImage Image => _base;

    /// <summary>The numbers of the blocks that were ever read from the image, ascending.</summary>
    public IEnumerable<int> BlocksReadFromImage => Blocks(word => _readFromImage[word]);

    /// <summary>The numbers of the blocks that were written since this was called last, or since anything was restored; ascending.</summary>
    public IReadOnlyList<int> CollectChanged()
    {
        int[] changed = [.. Blocks(word => _changed[word])];
        ForgetChanged();
        return changed;
    }

    /// <summary>Lets <see cref="CollectChanged"/> begin anew.</summary>
    public void ForgetChanged() => Array.Clear(_changed);

    /// <summary>Reads a block; behind the end of the disk there are zeros.</summary>
    public void ReadBlock(int block, Span<byte> content)
    {
        long offset = (long)block * BlockBytes;
        int length = (int)Math.Min(BlockBytes, Bytes - offset);
        Read(offset, content[..length]);
        content[length..].Clear();
    }

    /// <inheritdoc/>
    public void Read(long offset, Span<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            Place place = PlaceOf(offset / BlockBytes);
            int length = Math.Min(bytes.Length, BlockBytes - (int)(offset % BlockBytes));
            while (place != Place.Stored && length < bytes.Length && PlaceOf((offset + length) / BlockBytes) == place)
            {
                length = Math.Min(bytes.Length, length + BlockBytes);
            }

            ReadFrom(place, offset, bytes[..length]);
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
            NoteWritten(block);
        }
    }

    /// <summary>Puts the disk into the state of a checkpoint; what was written is dropped. Blocks are read when they are wanted.</summary>
    /// <param name="stored">What was written up to there; null for nothing.</param>
    public void Restore(StoredDisk? stored)
    {
        Array.Clear(_written);
        Array.Clear(_changed);
        Array.Clear(_stored);
        _storedBlocks = stored;
        foreach (int block in stored?.Blocks ?? [])
        {
            Set(_stored, block);
        }
    }

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

    private static bool Has(ulong[] bits, long block) => (bits[block >> 6] >> (int)(block & 63) & 1) != 0;

    private static void Set(ulong[] bits, long block) => bits[block >> 6] |= 1UL << (int)(block & 63);

    private Place PlaceOf(long block) => Has(_written, block) ? Place.Written : Has(_stored, block) ? Place.Stored : Place.Image;

    private IEnumerable<int> Blocks(Func<int, ulong> word)
    {
        for (int i = 0; i < _written.Length; i++)
        {
            for (ulong bits = word(i); bits != 0; bits &= bits - 1)
            {
                yield return (i << 6) + System.Numerics.BitOperations.TrailingZeroCount(bits);
            }
        }
    }

    // The range lies within one block where that is a stored one.
    private void ReadFrom(Place place, long offset, Span<byte> bytes)
    {
        switch (place)
        {
            case Place.Written:
                _file.Read(offset, bytes);
                break;
            case Place.Stored:
                _storedBlocks!.Read((int)(offset / BlockBytes), _block);
                _block.AsSpan((int)(offset % BlockBytes), bytes.Length).CopyTo(bytes);
                break;
            default:
                _base.Read(offset, bytes);
                NoteRead(offset, bytes.Length);
                break;
        }
    }

    // A write that begins or ends inside a block needs the rest of it.
    private void CompleteBlock(long edge)
    {
        long block = edge / BlockBytes;
        if (edge % BlockBytes == 0 || Has(_written, block))
        {
            return;
        }

        Span<byte> content = stackalloc byte[BlockBytes];
        content = content[..(int)Math.Min(BlockBytes, Bytes - (block * BlockBytes))];
        ReadFrom(PlaceOf(block), block * BlockBytes, content);
        _file.Write(block * BlockBytes, content);
        NoteWritten(block);
    }

    private void NoteRead(long offset, int length)
    {
        for (long block = offset / BlockBytes; length > 0 && block <= (offset + length - 1) / BlockBytes; block++)
        {
            Set(_readFromImage, block);
        }
    }

    private void NoteWritten(long block)
    {
        Set(_written, block);
        Set(_changed, block);
    }

    private enum Place
    {
        Image,
        Stored,
        Written,
    }
}
