namespace Replay.Log.Disks;

/// <summary>A disk of a live machine of which checkpoints are made: it remembers which blocks were written.</summary>
public sealed class TrackedDisk : ICheckpointDisk
{
    private readonly IDisk _disk;
    private readonly BlockBits _written;
    private readonly BlockBits _changed;

    /// <summary>Watches a disk.</summary>
    /// <param name="disk">A disk that holds what the recording's image does; closed with this.</param>
    public TrackedDisk(IDisk disk)
    {
        _disk = disk;
        _written = new BlockBits(disk.Bytes);
        _changed = new BlockBits(disk.Bytes);
    }

    /// <inheritdoc/>
    public long Bytes => _disk.Bytes;

    /// <inheritdoc/>
    public IEnumerable<int> WrittenBlocks => _written.Blocks();

    /// <inheritdoc/>
    public IReadOnlyList<int> CollectChanged() => _changed.Take();

    /// <inheritdoc/>
    public void ForgetChanged() => _changed.Clear();

    /// <inheritdoc/>
    public void Read(long offset, Span<byte> bytes) => _disk.Read(offset, bytes);

    /// <inheritdoc/>
    public void Write(long offset, ReadOnlySpan<byte> bytes)
    {
        _disk.Write(offset, bytes);
        _written.SetRange(offset, bytes.Length);
        _changed.SetRange(offset, bytes.Length);
    }

    /// <inheritdoc/>
    public void Flush() => _disk.Flush();

    /// <inheritdoc/>
    public void Dispose() => _disk.Dispose();
}
