using Guest.Machine;
using Replay.Engine;
using Replay.Log;
using Replay.Log.Checkpoints;
using Replay.Log.Records;

namespace ReplayKit.Cli;

/// <summary>The places of a recording that have names: its start, its end, its records by kind, its checkpoints.</summary>
internal sealed class RecordingPlaces
{
    /// <summary>The name of a checkpoint's place.</summary>
    public const string Checkpoint = "checkpoint";

    private readonly RecordingFolder? folder;

    /// <summary>Names the places.</summary>
    /// <param name="start">Where the recording begins.</param>
    /// <param name="end">Where it ends.</param>
    /// <param name="folder">The recording; null where only start and end are known.</param>
    public RecordingPlaces(Position start, Position end, RecordingFolder? folder = null)
    {
        Start = start;
        End = end;
        this.folder = folder;
    }

    /// <summary>Where the recording begins.</summary>
    public Position Start { get; }

    /// <summary>Where it ends.</summary>
    public Position End { get; }

    /// <summary>Whether a text is a name of some kind of place.</summary>
    public static bool IsName(string text) => text == Checkpoint || KindOf(text) is not null;

    /// <summary>The n-th place of a name; reads the log as far as that.</summary>
    /// <param name="name">A name.</param>
    /// <param name="number">Which, from 1; from the end where it is negative.</param>
    /// <returns>Null where there are not so many.</returns>
    public Position? Find(string name, int number)
    {
        IReadOnlyList<Position> places = All(name, number > 0 ? number : int.MaxValue);
        int index = number > 0 ? number - 1 : places.Count + number;
        return index >= 0 && index < places.Count ? places[index] : null;
    }

    /// <summary>Where one vCPU has retired a number of instructions itself; replays the recording up to there.</summary>
    /// <returns>Null where the recording does not reach it.</returns>
    public Position? FindOwn(int vcpu, ulong retired)
    {
        if (folder is null)
        {
            return null;
        }

        using Replayer replayer = new(folder, new NoConsole());
        return replayer.Find(vcpu, retired);
    }

    private static RecordKind? KindOf(string name)
    {
        foreach (RecordKind kind in Enum.GetValues<RecordKind>())
        {
            if (kind != RecordKind.None && RecordText.Name(kind) == name)
            {
                return kind;
            }
        }

        return null;
    }

    private IReadOnlyList<Position> All(string name, int most)
    {
        if (folder is null)
        {
            return [];
        }

        if (name == Checkpoint)
        {
            using CheckpointFolder checkpoints = folder.OpenCheckpoints();
            return checkpoints.Positions();
        }

        RecordKind? kind = KindOf(name);
        List<Position> places = [];
        using LogReader log = folder.ReadLog();
        while (places.Count < most && log.Next())
        {
            if (log.Kind == kind)
            {
                places.Add(log.Position);
            }
        }

        return places;
    }
}
