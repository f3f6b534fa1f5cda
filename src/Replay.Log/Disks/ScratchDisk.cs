using Replay.Log.Checkpoints;

namespace Replay.Log.Disks;

/// <summary>A disk whose writes are kept for as long as it is open, in a file without a name; the image under it stays as it is.</summary>
/// <remarks>Blocks stand in the file where they are on the disk, so that it takes as much room as was written.</remarks>
public sealed class ScratchDisk : ICheckpointDisk
{
    /// <summary>Bytes of a block: what is told apart as written or not.</summary>
    public const int BlockBytes = 4096;

    private readonly IDiskImage _base;
    private readonly ImageFile _file;
    private readonly BlockBits _written;
    private readonly BlockBits _stored;
    private readonly BlockBits _changed;
    private readonly BlockBits _readFromImage;
    private readonly byte[] _block = new byte[BlockBytes];
    private StoredDisk? _storedBlocks;

    /// <summary>Creates a disk with the content of an image; closing it closes the image.</summary>
    /// <param name="image">What is under it.</param>
    /// <exception cref="Guest.Machine.ReplayKitException">RK0109, RK0110: there is no room for its file in the folder for temporary files.</exception>
    public ScratchDisk(IDiskImage image)
    {
        _base = image;
        _file = ImageFile.Create(Path.Combine(Path.GetTempPath(), Path.GetRandomFileName()), temporary: true);
        _written = new BlockBits(image.Bytes);
        _stored = new BlockBits(image.Bytes);
        _changed = new BlockBits(image.Bytes);
        _readFromImage = new BlockBits(image.Bytes);
    }

    /// <inheritdoc/>
    public long Bytes => _base.Bytes;

    /// <inheritdoc/>
    public IEnumerable<int> WrittenBlocks => _written.Or(_stored);

    /// <summary>The image under it.</summary>
    public IDiskImage Image => _base;

    /// <summary>The numbers of the blocks that were ever read from the image, ascending.</summary>
    public IEnumerable<int> BlocksReadFromImage => _readFromImage.Blocks();

    /// <inheritdoc/>
    public IReadOnlyList<int> CollectChanged() => _changed.Take();

    /// <inheritdoc/>
    public void ForgetChanged() => _changed.Clear();

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
        NoteWritten(offset, bytes.Length);
    }

    /// <summary>Puts the disk into the state of a checkpoint; what was written is dropped. Blocks are read when they are wanted.</summary>
    /// <param name="stored">What was written up to there; null for nothing.</param>
    public void Restore(StoredDisk? stored)
    {
        _written.Clear();
        _changed.Clear();
        _stored.Clear();
        _storedBlocks = stored;
        foreach (int block in stored?.Blocks ?? [])
        {
            _stored.Set(block);
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

    private Place PlaceOf(long block) => _written.Has(block) ? Place.Written : _stored.Has(block) ? Place.Stored : Place.Image;

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
                _readFromImage.SetRange(offset, bytes.Length);
                break;
        }
    }

    // A write that begins or ends inside a block needs the rest of it.
    private void CompleteBlock(long edge)
    {
        long block = edge / BlockBytes;
        if (edge % BlockBytes == 0 || _written.Has(block))
        {
            return;
        }

        Span<byte> content = stackalloc byte[BlockBytes];
        content = content[..(int)Math.Min(BlockBytes, Bytes - (block * BlockBytes))];
        ReadFrom(PlaceOf(block), block * BlockBytes, content);
        _file.Write(block * BlockBytes, content);
        NoteWritten(block * BlockBytes, content.Length);
    }

    private void NoteWritten(long offset, int length)
    {
        _written.SetRange(offset, length);
        _changed.SetRange(offset, length);
    }

    private enum Place
    {
        Image,
        Stored,
        Written,
    }
}
