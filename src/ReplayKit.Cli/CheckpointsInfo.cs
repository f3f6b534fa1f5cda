using Guest.Machine;
using Replay.Log;
using Replay.Log.Checkpoints;

namespace ReplayKit.Cli;

/// <summary>What there is to say about the checkpoints of a recording.</summary>
/// <param name="Count">How many there are.</param>
/// <param name="Bytes">Bytes of all their files.</param>
/// <param name="FirstBytes">Bytes of the first one's.</param>
/// <param name="Last">The last one's position; null where there is none.</param>
internal sealed record CheckpointsInfo(int Count, long Bytes, long FirstBytes, string? Last)
{
    /// <summary>Looks at the folder, not into the files.</summary>
    public static CheckpointsInfo Of(RecordingFolder recording)
    {
        using CheckpointFolder folder = recording.OpenCheckpoints();
        IReadOnlyList<Position> positions = folder.Positions();
        long[] bytes = [.. positions.Select(folder.BytesOf)];
        return new CheckpointsInfo(positions.Count, bytes.Sum(), bytes.FirstOrDefault(), positions.Count > 0 ? positions[^1].ToString() : null);
    }
}
