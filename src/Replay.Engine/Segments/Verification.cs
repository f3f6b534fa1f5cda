using Guest.Machine;
using Guest.Machine.Board;
using Replay.Log;
using Replay.Log.Checkpoints;

namespace Replay.Engine.Segments;

/// <summary>Compares every state hash of a recording with a replay's, in one piece or in several at once.</summary>
public static class Verification
{
    // More pieces than threads, so that a thread that has finished early finds another piece.
    private const int PiecesPerJob = 4;

    /// <summary>The pieces for a number of threads.</summary>
    /// <param name="recording">The recording.</param>
    /// <param name="end">Where it ends.</param>
    /// <param name="jobs">How many threads.</param>
    public static IReadOnlyList<ReplaySegment> Cut(RecordingFolder recording, Position end, int jobs)
    {
        using CheckpointFolder checkpoints = recording.OpenCheckpoints();
        return RecordingSegments.Cut(recording.Start, end, checkpoints.Positions(), jobs == 1 ? 1 : jobs * PiecesPerJob);
    }

    /// <summary>
    /// Verifies the pieces. Each must arrive in the state of the checkpoint at which the next one begins, so that together they prove what one replay
    /// in one piece would.
    /// </summary>
    /// <returns>State hashes found equal, those of the cuts included.</returns>
    /// <exception cref="ReplayKitException">RK0503 and the other ways in which a replay can leave a recording; the message names the piece.</exception>
    public static int Run(RecordingFolder recording, IReadOnlyList<ReplaySegment> segments, int jobs, EngineOptions? engine = null, Action<ulong>? progress = null) =>
        new SegmentRunner(recording, segments, jobs, engine).Run(Verify, progress).Sum();

    private static int Verify(Replayer replayer, ReplaySegment segment)
    {
        int before = replayer.HashesCompared;
        replayer.Run(segment.IsLast ? null : segment.To, verify: true);
        if (!segment.IsLast)
        {
            replayer.CompareWith(replayer.Checkpoints.Open(segment.To).Hash, segment.From);
        }

        return replayer.HashesCompared - before;
    }
}
