namespace Replay.Log.Segments;

/// <summary>A block of a disk that is kept for a log's last frame, in a file without a name: it is free again when this is closed, or the process ends.</summary>
internal sealed class KeptRoom : IDisposable
{
    private const int Bytes = 4096;
    private readonly FileStream _file;

    /// <summary>Takes the room.</summary>
    /// <exception cref="IOException">There is none.</exception>
    internal KeptRoom(string folder)
    {
        string path = Path.Combine(folder, Path.GetRandomFileName());
        _file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);
        File.Delete(path);
        _file.Write(new byte[Bytes]);
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}
