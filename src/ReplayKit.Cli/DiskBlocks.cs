using Replay.Engine;
using Replay.Log;
using Replay.Log.Disks;
using ReplayKit.Cli.Terminal;

namespace ReplayKit.Cli;

/// <summary>The blocks of a recording's disk images that its guest read, in files that last as long as this.</summary>
internal sealed class DiskBlocks : IDisposable
{
    private readonly string? folder;

    private DiskBlocks(string? folder, IReadOnlyDictionary<int, string> files)
    {
        this.folder = folder;
        Files = files;
    }

    /// <summary>None.</summary>
    public static DiskBlocks None => new(null, new Dictionary<int, string>());

    /// <summary>[slot] the files.</summary>
    public IReadOnlyDictionary<int, string> Files { get; }

    /// <summary>Replays a recording to find them; not one that has no disks or has the files itself, as one that was unpacked.</summary>
    public static DiskBlocks Collect(RecordingFolder recording)
    {
        if (recording.Manifest.Disks.All(disk => File.Exists(Path.Combine(recording.Path, BlockSet.NameOf(disk.Slot)))))
        {
            return None;
        }

        string folder = Directory.CreateTempSubdirectory("replaykit-").FullName;
        try
        {
            return new DiskBlocks(folder, Replay(recording, folder));
        }
        catch
        {
            Directory.Delete(folder, recursive: true);
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (folder is not null)
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static IReadOnlyDictionary<int, string> Replay(RecordingFolder recording, string folder)
    {
        using Replayer replayer = new(recording, new NoConsole());
        using ProgressBar progress = new("replay", recording.Start.Retired, recording.Summary.Last.Retired);
        replayer.Advanced = machine => progress.Report(machine.Position.Retired);
        replayer.Run();
        return replayer.SaveBlocksRead(folder);
    }
}
