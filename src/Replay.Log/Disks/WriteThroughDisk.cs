using Guest.Machine;

namespace Replay.Log.Disks;

/// <summary>A raw image that is written itself; what it held before can be kept in an overlay under which it is then found unchanged.</summary>
public sealed class WriteThroughDisk : IDisk
{
    private readonly ImageFile _file;
    private readonly Qcow2Overlay? _before;
    private readonly bool _durable;

    private WriteThroughDisk(ImageFile file, Qcow2Overlay? before, bool durable)
    {
        _file = file;
        _before = before;
        _durable = durable;
    }

    /// <inheritdoc/>
    public long Bytes => _file.Length;

    /// <summary>Opens an image to be written.</summary>
    /// <param name="path">The raw image, whole sectors.</param>
    /// <param name="before">Takes what the image held before each write; null where nobody wants it. Closed with this.</param>
    /// <param name="durable">Whether that has reached the storage before the image is written.</param>
    /// <exception cref="ReplayKitException">RK0700: it cannot be opened.</exception>
    public static WriteThroughDisk Open(string path, Qcow2Overlay? before, bool durable) => new(ImageFile.Open(path, writable: true), before, durable);

    /// <inheritdoc/>
    public void Read(long offset, Span<byte> bytes) => _file.Read(offset, bytes);

    /// <inheritdoc/>
    public void Write(long offset, ReadOnlySpan<byte> bytes)
    {
        if (_before is not null && _before.CopyUp(offset, bytes.Length) && _durable)
        {
            _before.Flush();
        }

        _file.Write(offset, bytes);
    }

    /// <inheritdoc/>
    public void Flush()
    {
        _before?.Flush();
        _file.Flush();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _file.Dispose();
        _before?.Dispose();
    }
}
