using Guest.Machine;
using Replay.Log.Frames;
using Replay.Log.Records;
using Replay.Log.Tests.Support;

namespace Replay.Log.Tests;

/// <summary>Reading a log from the middle: what follows is the same, and what comes before is not read.</summary>
public sealed class LogSeekTests
{
    private const int Records = 500;

    [Theory]
    [InlineData(64 << 20)]
    [InlineData(2000)]
    [InlineData(1)]
    public void From_any_position_the_same_records_follow(long segmentBytes)
    {
        Random random = new(1);
        MemorySegments store = Write(random, segmentBytes, ended: true);
        List<Logged> all = Read(store);
        using LogReader log = new(store, 1);
        for (int round = 0; round < 500; round++)
        {
            Position at = new(0, (ulong)random.NextInt64((long)all[^1].At.Retired + 10));
            log.GoTo(at);
            Assert.Equal(all.Where(record => record.At.Retired >= at.Retired), Logged.ReadAll(log));
            Assert.Equal(LogEnding.Ended, log.Ending);
        }
    }

    [Fact]
    public void The_end_is_found_without_reading_what_comes_before()
    {
        foreach (bool ended in (bool[])[true, false])
        {
            MemorySegments store = Write(new Random(3), 500, ended);
            using LogReader whole = new(store, 1);
            Logged.ReadAll(whole);
            Damage(store, 0);
            using LogReader log = new(store, 1);
            log.GoToEnd();
            Assert.Equal((whole.Ending, whole.Last, whole.End), (log.Ending, log.Last, log.End));
        }
    }

    [Fact]
    public void Damage_before_the_position_is_not_met_and_damage_behind_it_is()
    {
        MemorySegments store = Write(new Random(4), 500, ended: true);
        List<Logged> all = Read(store);
        Position middle = all[Records / 2].At;
        Damage(store, 0);
        using LogReader log = new(store, 1);
        log.GoTo(middle);
        Assert.NotEmpty(Logged.ReadAll(log));
        Damage(store, store.Segments.Count - 2);
        log.GoTo(middle);
        Assert.Equal(101, Assert.Throws<ReplayKitException>(() => Logged.ReadAll(log)).Code);
    }

    [Fact]
    public void A_log_without_records_ends_where_it_stands()
    {
        MemorySegments store = new();
        new LogWriter(store, "{}"u8, 1, LogOptions.Default).Dispose();
        using LogReader log = new(store, 1);
        log.GoTo(new Position(0, 5));
        Assert.False(log.Next());
        Assert.Equal((LogEnding.Cut, default(Position)), (log.Ending, log.Last));
        log.GoToEnd();
        Assert.Equal(LogEnding.Cut, log.Ending);
    }

    private static MemorySegments Write(Random random, long segmentBytes, bool ended)
    {
        MemorySegments store = new();
        using LogWriter log = new(store, "{}"u8, 1, new LogOptions { Codec = FrameCodec.Stored, SegmentBytes = segmentBytes });
        ulong retired = 0;
        for (int i = 0; i < Records; i++)
        {
            retired += (ulong)(random.Next(3) == 0 ? 0 : random.Next(1, 100));
            log.Append(new Position(0, retired), new ConsoleInput([(byte)i, (byte)(i >> 8)]));
            if (random.Next(10) == 0)
            {
                retired += (ulong)random.Next(50);
                log.Flush(new Position(0, retired));
            }
        }

        if (ended)
        {
            log.Append(new Position(0, retired + 3), new End(EndReason.Stopped));
        }

        log.Flush(new Position(0, retired + 5));
        return store;
    }

    private static List<Logged> Read(MemorySegments store)
    {
        using LogReader log = new(store, 1);
        return Logged.ReadAll(log);
    }

    // In the payload of the segment's last frame.
    private static void Damage(MemorySegments store, int segment) => store.Segments[segment][^1] ^= 1;
}
