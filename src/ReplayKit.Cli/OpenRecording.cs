using Guest.Machine;
using Replay.Log;

namespace ReplayKit.Cli;

/// <summary>A recording that a verb is about to replay: its folder, and what its log holds, which was read once to find its end.</summary>
internal sealed class OpenRecording
{
    private OpenRecording(RecordingFolder folder, LogSummary summary)
    {
        Folder = folder;
        Summary = summary;
    }

    /// <summary>The folder.</summary>
    public RecordingFolder Folder { get; }

    /// <summary>What the log holds.</summary>
    public LogSummary Summary { get; }

    /// <summary>Its last position.</summary>
    public Position End => Summary.Last;

    /// <summary>Whether there is anything to replay: a recorder that was killed at once has left a log without records.</summary>
    public bool IsEmpty => Summary.RecordCount == 0;

    /// <summary>Opens it.</summary>
    /// <param name="text">A path, or <c>latest</c>.</param>
    /// <param name="upToDamage">Whether to use what is before any damage.</param>
    /// <exception cref="ReplayKitException">There is no recording, or it is damaged.</exception>
    public static OpenRecording Open(string text, bool upToDamage)
    {
        RecordingFolder folder = RecordingFolder.Open(Recordings.Find(text), upToDamage);
        using LogReader log = folder.ReadLog();
        return new OpenRecording(folder, LogSummary.Of(log));
    }
}
