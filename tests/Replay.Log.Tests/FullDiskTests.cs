using Guest.Machine;
using Replay.Log.Records;
using Replay.Log.Tests.Support;

namespace Replay.Log.Tests;

public sealed class FullDiskTests
{
    private static readonly byte[] s_manifest = Samples.Manifest.ToJson();

    [Fact]
    public void A_disk_that_fills_at_any_byte_leaves_a_valid_recording_and_a_clear_error()
    {
        int size = Samples.Log(Samples.Stored).Segments[0].Length;
        int ended = 0;
        for (int room = DamageTests.FrameEnds(Samples.Log(Samples.Stored).Segments[0])[0]; room < size; room++)
        {
            FillingDisk disk = new(room);
            using LogWriter log = new(disk, s_manifest, 1, Samples.Stored);
            ReplayKitException error = Assert.Throws<ReplayKitException>(() => Samples.WriteFrames(log));
            Assert.Equal((109, ExitCode.HostCannot), (error.Code, error.ExitCode));
            Assert.Contains("the disk is full", error.Message, StringComparison.Ordinal);
            ended += AssertValidUpTo(log.FlushedTo, disk, EndReason.DiskFull);
        }

        Assert.InRange(ended, 1, size - 1);
    }

    [Fact]
    public void A_log_that_may_end_when_its_disk_is_full_ends_at_any_byte_without_an_error_and_takes_nothing_more()
    {
        int size = Samples.Log(Samples.Stored).Segments[0].Length;
        int ended = 0;
        for (int room = DamageTests.FrameEnds(Samples.Log(Samples.Stored).Segments[0])[0]; room < size; room++)
        {
            FillingDisk disk = new(room);
            using LogWriter log = new(disk, s_manifest, 1, Samples.Stored with { EndsWhenFull = true });
            Samples.WriteFrames(log);
            Assert.True(log.HasEnded);
            Assert.Equal(109, log.Failure!.Code);
            Assert.Equal(0, log.BeginSegment(log.FlushedTo));
            ended += AssertValidUpTo(log.FlushedTo, disk, EndReason.DiskFull);
        }

        Assert.InRange(ended, 1, size - 1);
    }

    [Fact]
    public void A_log_that_may_end_when_its_disk_is_full_still_fails_where_its_disk_does()
    {
        int first = DamageTests.FrameEnds(Samples.Log(Samples.Stored).Segments[0])[0];
        using LogWriter log = new(new FailingDisk(first), s_manifest, 1, Samples.Stored with { EndsWhenFull = true });
        log.Append(new Position(0, 1), new ClockStart(1));
        Assert.Equal(110, Assert.Throws<ReplayKitException>(() => log.Flush(new Position(0, 1))).Code);
    }

    [Fact]
    public void A_disk_that_fails_at_any_byte_leaves_a_valid_recording()
    {
        int size = Samples.Log(Samples.Stored).Segments[0].Length;
        for (int taken = DamageTests.FrameEnds(Samples.Log(Samples.Stored).Segments[0])[0]; taken < size; taken++)
        {
            FailingDisk disk = new(taken);
            using LogWriter log = new(disk, s_manifest, 1, Samples.Stored);
            ReplayKitException error = Assert.Throws<ReplayKitException>(() => Samples.WriteFrames(log));
            Assert.Equal((110, ExitCode.HostCannot), (error.Code, error.ExitCode));
            AssertValidUpTo(log.FlushedTo, disk, EndReason.None);
        }
    }

    [Fact]
    public void A_writer_that_failed_fails_at_every_further_call()
    {
        int first = DamageTests.FrameEnds(Samples.Log(Samples.Stored).Segments[0])[0];
        using LogWriter log = new(new FillingDisk(first), s_manifest, 1, Samples.Stored);
        log.Append(new Position(0, 1), new ClockStart(1));
        Assert.Throws<ReplayKitException>(() => log.Flush(new Position(0, 1)));
        Assert.Throws<ReplayKitException>(() => log.Append(new Position(0, 2), new ClockStart(1)));
        Assert.Throws<ReplayKitException>(() => log.Flush(new Position(0, 2)));
    }

    [Fact]
    public void The_operating_systems_own_full_disk_is_told_from_other_failures()
    {
        IOException full = Assert.ThrowsAny<IOException>(() =>
        {
            using FileStream device = new("/dev/full", FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
            device.Write([1]);
        });
        Assert.True(LogErrors.IsDiskFull(full));
        IOException missing = Assert.ThrowsAny<IOException>(() => File.OpenRead("/no/such/file"));
        Assert.False(LogErrors.IsDiskFull(missing));
    }

    /// <returns>1 where the log says itself that the disk was full.</returns>
    private static int AssertValidUpTo(Position flushedTo, MemorySegments disk, EndReason reason)
    {
        using LogReader reader = new(disk, 1);
        List<Logged> records = Logged.ReadAll(reader);
        Assert.Equal(flushedTo, reader.CompleteTo);
        bool hasEnd = reader.Ending == LogEnding.Ended;
        if (hasEnd)
        {
            Assert.Equal(reason, reader.End!.Value.Reason);
            records.RemoveAt(records.Count - 1);
        }

        IEnumerable<Logged> kept = Samples.Frames.TakeWhile(frame => frame[^1].At.Retired <= flushedTo.Retired && flushedTo.Retired > 0)
            .SelectMany(frame => frame);
        if (flushedTo.Retired == 0)
        {
            kept = Samples.Frames[0].Take(records.Count);
        }

        Assert.Equal(kept, records);
        return hasEnd ? 1 : 0;
    }
}
