namespace Replay.Log.Segments;

/// <summary>A segment of a log in a file of its own.</summary>
internal sealed class SegmentFile : ISegmentSink
{
    private readonly FileStream _file;

    /// <summary>Creates the file; it must not exist.</summary>
    public SegmentFile(string path) =>
        _file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read, bufferSize: 0);

    /// <inheritdoc/>
    public void Append(ReadOnlySpan<byte> bytes) => _file.Write(bytes);

    /// <inheritdoc/>
    public void Truncate(long length) => _file.SetLength(length);

    /// <inheritdoc/>
    public void Sync() => _file.Flush(flushToDisk: true);

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}
