using Guest.Machine;
using Replay.Engine.Segments;
using Replay.Log;
using Replay.Log.Checkpoints;
using Replay.Log.Records;

namespace ReplayKit.Tests.Checkpoints;

/// <summary>A recording replayed in pieces gives what it gives in one.</summary>
[Collection(CheckpointedBoot.Collection)]
public sealed class SegmentTests(CheckpointedBoot boot)
{
    private static readonly Position End = new(0, 1000);

    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 2)]
    [InlineData(100, 3)]
    public void Any_cut_verifies(int pieces, int jobs)
    {
        RecordingFolder recording = RecordingFolder.Open(boot.Path);
        using CheckpointFolder checkpoints = recording.OpenCheckpoints();
        IReadOnlyList<ReplaySegment> segments = RecordingSegments.Cut(default, EndOf(recording), checkpoints.Positions(), pieces);
        int equal = Verification.Run(recording, segments, jobs);
        Assert.Equal(HashesIn(recording).Count + segments.Count - 1, equal);
    }

    [Fact]
    public void The_first_piece_that_fails_is_named_by_its_positions()
    {
        string copy = boot.Copy("wrong.rk");
        RecordingFolder recording = RecordingFolder.Open(copy);
        List<Position> hashes = HashesIn(recording);
        Position wrong = hashes[hashes.Count * 2 / 3];
        Rewrite(recording, wrong, hashes[^2]);
        recording = RecordingFolder.Open(copy);
        using CheckpointFolder checkpoints = recording.OpenCheckpoints();
        IReadOnlyList<ReplaySegment> segments = RecordingSegments.Cut(default, EndOf(recording), checkpoints.Positions(), 8);
        ReplaySegment holding = segments.Last(segment => segment.From.Retired <= wrong.Retired);

        ReplayKitException failure = Assert.Throws<ReplayKitException>(() => Verification.Run(recording, segments, 2));

        Assert.Equal((503, ExitCode.Divergence), (failure.Code, failure.ExitCode));
        Assert.StartsWith($"RK0503: {holding}: the replay left the recording between ", failure.Message, StringComparison.Ordinal);
        Assert.Contains($"and {wrong}: ", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_piece_that_does_not_arrive_in_the_state_of_the_next_ones_checkpoint_fails()
    {
        string copy = boot.Copy("other.rk");
        RecordingFolder recording = RecordingFolder.Open(copy);
        using CheckpointFolder checkpoints = recording.OpenCheckpoints();
        IReadOnlyList<ReplaySegment> segments = RecordingSegments.Cut(default, EndOf(recording), checkpoints.Positions(), 4);

        // A checkpoint of a machine with one register changed stands where the third piece begins.
        Position place = segments[2].From;
        using (Replay.Engine.Replayer replayer = new(recording, new Replay.Engine.NoConsole(), from: place))
        {
            replayer.SeekTo(place);
            replayer.Machine.Cpu.State.R15 ^= 1;
            string path = Directory.CreateDirectory(Path.Combine(copy, "changed")).FullName;
            using CheckpointFolder changed = new(path, recording.Id, recording.Manifest.Machine);
            using CheckpointSeries series = new(changed, replayer.Machine, new Dictionary<int, Replay.Log.Disks.ICheckpointDisk>());
            series.Begin().Write();
            File.Move(Directory.EnumerateFiles(path).Single(), Path.Combine(checkpoints.Path, Path.GetFileName(Directory.EnumerateFiles(path).Single())), overwrite: true);
        }

        ReplayKitException failure = Assert.Throws<ReplayKitException>(() => Verification.Run(recording, segments, 2));
        Assert.True(failure.Code is 503 or 101, failure.Message);
        Assert.StartsWith($"RK{failure.Code:D4}: segment ", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, "0-1000")]
    [InlineData(2, "0-500 500-1000")]
    [InlineData(3, "0-300 300-600 600-1000")]
    [InlineData(10, "0-100 100-200 200-300 300-400 400-500 500-600 600-700 700-800 800-900 900-1000")]
    [InlineData(99, "0-100 100-200 200-300 300-400 400-500 500-600 600-700 700-800 800-900 900-1000")]
    public void Pieces_have_about_as_many_checkpoints_each(int most, string pieces)
    {
        Position[] checkpoints = [.. Enumerable.Range(0, 12).Select(i => new Position(0, (ulong)i * 100))];
        Assert.Equal(pieces, string.Join(' ', RecordingSegments.Cut(default, End, checkpoints, most).Select(piece => $"{piece.From.Retired}-{piece.To.Retired}")));
    }

    private static Position EndOf(RecordingFolder recording)
    {
        using LogReader log = recording.ReadLog();
        log.GoToEnd();
        return log.Last;
    }

    private static List<Position> HashesIn(RecordingFolder recording)
    {
        List<Position> hashes = [];
        using LogReader log = recording.ReadLog();
        while (log.Next())
        {
            if (log.Kind == RecordKind.StateHash)
            {
                hashes.Add(log.Position);
            }
        }

        return hashes;
    }

    // The same log with state hashes of another state at some places.
    private static void Rewrite(RecordingFolder recording, params Position[] places)
    {
        string path = Path.Combine(recording.Path, "log");
        string old = Path.Combine(recording.Path, "old");
        using (LogReader log = recording.ReadLog())
        {
            string work = Path.Combine(recording.Path, "rewritten.rk");
            using (NewRecording copy = NewRecording.Create(work, recording.Manifest, LogOptions.Default))
            {
                while (log.Next())
                {
                    Append(copy.Log, log, places);
                }
            }

            Directory.Move(path, old);
            Directory.Move(Path.Combine(work, "log"), path);
        }
    }

    private static void Append(LogWriter copy, LogReader log, Position[] places)
    {
        switch (log.Kind)
        {
            case RecordKind.BootSeed: copy.Append(log.Position, log.Read<BootSeed>()); break;
            case RecordKind.ClockStart: copy.Append(log.Position, log.Read<ClockStart>()); break;
            case RecordKind.TimeAnchor: copy.Append(log.Position, log.Read<TimeAnchor>()); break;
            case RecordKind.End: copy.Append(log.Position, log.Read<End>()); break;
            case RecordKind.StateHash:
                StateHash hash = log.Read<StateHash>();
                bool isWrong = places.Contains(log.Position);
                copy.Append(log.Position, new StateHash([.. hash.Parts.Select(part => isWrong && part.Kind == StatePartKind.Memory ? part with { Hash = part.Hash + 1 } : part)]));
                break;
            default: throw new InvalidOperationException($"a {log.Kind} record");
        }
    }
}
