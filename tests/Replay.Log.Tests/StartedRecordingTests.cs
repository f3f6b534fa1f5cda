using Guest.Machine;
using Replay.Log.Checkpoints;
using Replay.Log.Manifests;
using Replay.Log.Records;
using Replay.Log.Tests.Support;

namespace Replay.Log.Tests;

/// <summary>Recordings that begin with a checkpoint: children of others, and those whose oldest part was dropped.</summary>
public sealed class StartedRecordingTests : IDisposable
{
    private readonly TemporaryFolder _temporary = new();
    private readonly ScribbledMachine _machine = new() { WritesDisk = false };
    private readonly Random _random = new(1);

    public void Dispose()
    {
        _machine.Dispose();
        _temporary.Dispose();
    }

    [Fact]
    public void A_child_is_a_recording_once_its_checkpoint_is_there()
    {
        _machine.GoOn(_random, 20);
        Position start = _machine.Machine.Position;
        Manifest manifest = Manifest(new RecordingStart(start.ToString(), new string('7', 64)), rolling: false);
        using (NewRecording recording = NewRecording.Create(_temporary.Recording, manifest, LogOptions.Default))
        {
            recording.Log.Append(start with { Retired = start.Retired + 5 }, new ConsoleInput("x"u8));
            recording.Flush(start with { Retired = start.Retired + 9 });
            Assert.Equal(100, Assert.Throws<ReplayKitException>(() => RecordingFolder.Open(_temporary.Recording)).Code);
            Write(recording);
            recording.Publish();
        }

        RecordingFolder folder = RecordingFolder.Open(_temporary.Recording);
        Assert.True(folder.StartsFromCheckpoint);
        Assert.Equal((start, new string('7', 64)), (folder.Start, folder.Manifest.Start!.Parent));
        using LogReader log = folder.ReadLog();
        Assert.Equal([start.Retired + 5], Logged.ReadAll(log).Select(record => record.At.Retired));
        Assert.Equal(start.Retired + 9, log.Last.Retired);
        using CheckpointFolder checkpoints = folder.OpenCheckpoints();
        checkpoints.Open(start).RestoreTo(_machine.Machine);
    }

    [Fact]
    public void A_rolling_recording_goes_on_without_its_oldest_segments()
    {
        List<(Position Start, int Records)> generations = Roll(4);
        for (int dropped = 1; dropped < generations.Count; dropped++)
        {
            File.Delete(Path.Combine(_temporary.Recording, "log", $"{dropped - 1:D6}.rklog"));
            RecordingFolder folder = RecordingFolder.Open(_temporary.Recording);
            Assert.Equal(generations[dropped].Start, folder.Start);
            using LogReader log = folder.ReadLog();
            List<Logged> records = Logged.ReadAll(log);
            Assert.Equal(generations.Skip(dropped).Sum(generation => generation.Records), records.Count);
            Assert.All(records, record => Assert.True(record.At.Retired >= folder.Start.Retired));
            Assert.Equal(LogEnding.Cut, log.Ending);
        }
    }

    [Fact]
    public void What_cannot_be_replayed_any_more_is_not_the_start()
    {
        List<(Position Start, int Records)> generations = Roll(3);
        File.Delete(Path.Combine(_temporary.Recording, "log", "000000.rklog"));
        using CheckpointFolder checkpoints = RecordingFolder.Open(_temporary.Recording).OpenCheckpoints();
        File.Delete(Path.Combine(checkpoints.Path, CheckpointFormat.FileName(generations[1].Start)));
        Assert.Equal(generations[2].Start, RecordingFolder.Open(_temporary.Recording).Start);
        File.Delete(Path.Combine(checkpoints.Path, CheckpointFormat.FileName(generations[2].Start)));
        Assert.Equal(122, Assert.Throws<ReplayKitException>(() => RecordingFolder.Open(_temporary.Recording)).Code);
    }

    [Fact]
    public void A_rolling_recording_has_its_beginning_as_long_as_that_is_there()
    {
        List<(Position Start, int Records)> generations = Roll(3);
        RecordingFolder folder = RecordingFolder.Open(_temporary.Recording);
        Assert.Equal((default, false), (folder.Start, folder.StartsFromCheckpoint));
        using LogReader log = folder.ReadLog();
        Assert.Equal(generations.Sum(generation => generation.Records), Logged.ReadAll(log).Count);
    }

    [Fact]
    public void Any_other_recording_without_its_first_segment_is_damaged()
    {
        using (NewRecording recording = NewRecording.Create(_temporary.Recording, Manifest(null, rolling: false), LogOptions.Default))
        {
            recording.Log.Append(default, new ClockStart(1));
            recording.Log.BeginSegment(new Position(0, 10));
        }

        File.Delete(Path.Combine(_temporary.Recording, "log", "000000.rklog"));
        Assert.Equal(101, Assert.Throws<ReplayKitException>(() => RecordingFolder.Open(_temporary.Recording)).Code);
    }

    [Theory]
    [InlineData("5")]
    [InlineData("0:5@3")]
    [InlineData("0:05")]
    [InlineData("")]
    public void A_manifest_that_starts_nowhere_is_refused(string position)
    {
        byte[] json = Manifest(new RecordingStart(position, null), rolling: false).ToJson();
        Assert.Equal(102, Assert.Throws<ReplayKitException>(() => Manifests.Manifest.Parse("manifest.json", json)).Code);
    }

    private static Manifest Manifest(RecordingStart? start, bool rolling) => Samples.Manifest with
    {
        Machine = Samples.Manifest.Machine with { MemoryBytes = ScribbledMachine.Description.MemoryBytes }, Start = start, Rolling = rolling,
    };

    private List<(Position Start, int Records)> Roll(int generations)
    {
        List<(Position, int)> starts = [];
        using NewRecording recording = NewRecording.Create(_temporary.Recording, Manifest(null, rolling: true), LogOptions.Default);
        recording.Log.Append(default, new ClockStart(1));
        recording.Log.Append(default, new BootSeed([1]));
        starts.Add((default, 2 + Grow(recording)));
        while (starts.Count < generations)
        {
            Write(recording);
            Position at = _machine.Machine.Position;
            Assert.Equal(starts.Count, recording.Log.BeginSegment(at));
            starts.Add((at, Grow(recording)));
        }

        return starts;
    }

    private int Grow(NewRecording recording)
    {
        int records = _random.Next(1, 10);
        for (int i = 0; i < records; i++)
        {
            _machine.GoOn(_random, 1);
            recording.Log.Append(_machine.Machine.Position, new ConsoleInput([(byte)i]));
            recording.Flush(_machine.Machine.Position);
        }

        _machine.GoOn(_random, 1);
        return records;
    }

    private void Write(NewRecording recording)
    {
        using CheckpointFolder checkpoints = recording.OpenCheckpoints();
        using CheckpointSeries series = new(checkpoints, _machine.Machine, _machine.Disks);
        series.Begin().Write();
    }
}
