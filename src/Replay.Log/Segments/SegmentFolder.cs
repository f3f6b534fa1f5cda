using System.Globalization;

namespace Replay.Log.Segments;

/// <summary>The folder <c>log/</c> of a recording, with segments <c>000000.rklog</c>, <c>000001.rklog</c> and so on.</summary>
/// <param name="path">The folder's path.</param>
public sealed class SegmentFolder(string path) : ISegmentStore
{
    private const string Extension = ".rklog";
    private Action? _giveRoom;

    /// <inheritdoc/>
    public string NameOf(int number) => Path.Combine(path, FileNameOf(number));

    /// <inheritdoc/>
    /// <exception cref="Guest.Machine.ReplayKitException">The folder cannot be read (RK0105).</exception>
    public IReadOnlyList<int> Numbers()
    {
        List<int> numbers = [];
        foreach (string file in Files())
        {
            string name = Path.GetFileName(file);
            if (int.TryParse(name[..^Extension.Length], NumberStyles.None, CultureInfo.InvariantCulture, out int number) && FileNameOf(number) == name)
            {
                numbers.Add(number);
            }
        }

        numbers.Sort();
        return numbers;
    }

    /// <inheritdoc/>
    public ISegmentSink Create(int number) => new SegmentFile(NameOf(number));

    /// <summary>Keeps room on the disk for the last frame of a log that fills it.</summary>
    /// <returns>The room, to be closed with the log.</returns>
    /// <exception cref="IOException">There is none.</exception>
    internal IDisposable KeepRoom()
    {
        KeptRoom room = new(path);
        _giveRoom = room.Dispose;
        return room;
    }

    /// <inheritdoc/>
    public void GiveRoom() => _giveRoom?.Invoke();

    /// <inheritdoc/>
    /// <exception cref="Guest.Machine.ReplayKitException">The segment is missing: it is the first, or others follow it (RK0101).</exception>
    public Stream? Open(int number)
    {
        if (File.Exists(NameOf(number)))
        {
            return File.OpenRead(NameOf(number));
        }

        string[] before = [.. Enumerable.Range(0, number).Select(FileNameOf)];
        string? other = Files().Select(file => Path.GetFileName(file)).Except(before, StringComparer.Ordinal).Min(StringComparer.Ordinal);
        return number > 0 && other is null
            ? null
            : throw LogErrors.Damage(NameOf(number), 0, other is null ? "the segment is missing" : $"the segment is missing, while {other} is there");
    }

    private static string FileNameOf(int number) => number.ToString("D6", CultureInfo.InvariantCulture) + Extension;

    private string[] Files()
    {
        try
        {
            return Directory.GetFiles(path, "*" + Extension);
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw LogErrors.CannotRead(path, error);
        }
    }
}
