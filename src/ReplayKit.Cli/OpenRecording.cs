using System.Security.Cryptography;
using Guest.Machine;
using Guest.Machine.Board;
using Replay.Log;
using Replay.Log.Checkpoints;

namespace ReplayKit.Cli;

/// <summary>A recording that a verb is about to replay: its folder, where it ends, and what its log holds.</summary>
internal sealed class OpenRecording
{
    private OpenRecording(RecordingFolder folder, bool isUnpacked, bool upToDamage, EngineOptions engine)
    {
        (Folder, Engine) = (folder, engine);
        Unpacked = isUnpacked ? Path.GetDirectoryName(folder.Path) : null;
        using LogReader log = folder.ReadLog();
        IsEmpty = !folder.StartsFromCheckpoint && !log.Next();
        if (upToDamage)
        {
            End = Summary.Last;
        }
        else
        {
            log.GoToEnd();
            End = log.Last;
        }
    }

    /// <summary>The folder.</summary>
    public RecordingFolder Folder { get; }

    /// <summary>The temporary folder into which a packed recording was unpacked; null for one that was a folder.</summary>
    public string? Unpacked { get; }

    /// <summary>What executes its instructions.</summary>
    public EngineOptions Engine { get; }

    /// <summary>The SHA-256 of its manifest, in hexadecimal: what tells it from others.</summary>
    public string ManifestHash => Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(Path.Combine(Folder.Path, Recordings.ManifestName))));

    /// <summary>Its last position.</summary>
    public Position End { get; }

    /// <summary>Whether there is nothing to replay: a recorder that was killed at once has left a log without records.</summary>
    public bool IsEmpty { get; }

    /// <summary>What the log holds; the first call reads all of it, and so finds any damage.</summary>
    public LogSummary Summary => Folder.Summary;

    /// <summary>Its places with names.</summary>
    public RecordingPlaces Places => new(Folder.Start, End, Folder);

    /// <summary>Opens it. Reads little of the log: its beginning and its end.</summary>
    /// <param name="text">A path, or <c>latest</c>.</param>
    /// <param name="upToDamage">Whether to use what is before any damage; then all of the log is read.</param>
    /// <param name="engine">What executes its instructions; null for what everybody uses.</param>
    /// <exception cref="ReplayKitException">There is no recording, or it is damaged.</exception>
    public static OpenRecording Open(string text, bool upToDamage, EngineOptions? engine = null) =>
        new(RecordingFolder.Open(Recordings.Find(text), upToDamage), File.Exists(text), upToDamage, engine ?? EngineOptions.Default);

    /// <summary>Reads the whole log for damage, unless a replay to a position starts from a checkpoint: then only what it needs is read, as it goes.</summary>
    /// <exception cref="ReplayKitException">The log is damaged.</exception>
    public void CheckFor(Position from)
    {
        using CheckpointFolder checkpoints = Folder.OpenCheckpoints();
        if (!checkpoints.Positions().Any(at => at.Retired <= from.Retired))
        {
            _ = Summary;
        }
    }
}
