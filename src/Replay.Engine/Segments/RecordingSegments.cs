using Guest.Machine;

namespace Replay.Engine.Segments;

/// <summary>Cuts a recording into pieces at its checkpoints.</summary>
public static class RecordingSegments
{
    /// <summary>Cuts a recording into pieces with about as many checkpoints each: these stand about as far apart as replaying costs.</summary>
    /// <param name="start">Where it begins.</param>
    /// <param name="end">Where it ends.</param>
    /// <param name="checkpoints">Where it can be cut, in ascending order.</param>
    /// <param name="most">The most pieces.</param>
    /// <returns>The pieces in order; one where there is nothing to cut at.</returns>
    public static IReadOnlyList<ReplaySegment> Cut(Position start, Position end, IReadOnlyList<Position> checkpoints, int most)
    {
        Position[] places = [.. checkpoints.Where(at => start.IsBefore(at) && at.IsBefore(end))];
        int count = Math.Clamp(most, 1, places.Length + 1);
        Position[] cuts = [start, .. Enumerable.Range(1, count - 1).Select(i => places[(i * (places.Length + 1) / count) - 1]), end];
        return [.. Enumerable.Range(0, count).Select(i => new ReplaySegment(i, count, cuts[i], cuts[i + 1]))];
    }
}
