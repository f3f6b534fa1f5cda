namespace Replay.Log.Disks;

/// <summary>A raw image; a last sector that the file does not fill ends with zeros.</summary>
public sealed class RawImage : IDiskImage
{
    private const long Sector = 512;
    private readonly ImageFile _file;

    internal RawImage(ImageFile file)
    {
        _file = file;
        Bytes = (file.Length + Sector - 1) & -Sector;
    }

    /// <inheritdoc/>
    public long Bytes { get; }

    /// <inheritdoc/>
    public void Read(long offset, Span<byte> bytes) => _file.Read(offset, bytes);

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}
