using Guest.Machine;
using Replay.Log.Frames;
using Replay.Log.Records;
using Replay.Log.Tests.Support;

namespace Replay.Log.Tests;

public sealed class LogRoundTripTests
{
    public static TheoryData<FrameCodec> Codecs { get; } = new(Enum.GetValues<FrameCodec>());

    [Theory]
    [MemberData(nameof(Codecs))]
    public void What_is_written_is_read(FrameCodec codec)
    {
        for (int round = 0; round < 60; round++)
        {
            int seed = Environment.TickCount ^ (round * 7919);
            Logged[] written = Samples.RandomRecords(new Random(seed));
            LogOptions options = new() { Codec = codec, FrameBytes = 100 + (seed & 1023), SegmentBytes = 2000 };
            MemorySegments store = new();
            using (LogWriter log = new(store, "{}"u8, 2, options))
            {
                Array.ForEach(written, record => record.AppendTo(log));
                log.Flush(written[^1].At);
            }

            using LogReader reader = new(store, 2);
            Assert.True(written.SequenceEqual(Logged.ReadAll(reader)), $"seed {seed}");
            Assert.Equal(LogEnding.Cut, reader.Ending);
        }
    }

    [Fact]
    public void A_log_with_an_end_reads_as_ended_there()
    {
        using LogReader log = new(Samples.Log(LogOptions.Default), 1);
        List<Logged> records = Logged.ReadAll(log);
        Assert.Equal(Samples.Frames.SelectMany(frame => frame), records);
        Assert.Equal(LogEnding.Ended, log.Ending);
        Assert.Equal(new End(EndReason.PowerOff, "grün"), log.End);
        Assert.False(log.Next());
    }

    [Fact]
    public void A_flush_without_records_says_how_far_the_log_is_complete()
    {
        MemorySegments store = new();
        using (LogWriter log = new(store, "{}"u8, 1, LogOptions.Default))
        {
            log.Append(new Position(0, 5), new ClockStart(7));
            log.Flush(new Position(0, 10));
            log.Flush(new Position(0, 10));
            log.Flush(new Position(0, 20));
            log.Append(new Position(0, 30), new ClockStart(8));
            Assert.Equal(new Position(0, 20), log.FlushedTo);
        }

        using LogReader reader = new(store, 1);
        Assert.Single(Logged.ReadAll(reader));
        Assert.Equal(new Position(0, 20), reader.CompleteTo);
    }

    [Fact]
    public void A_record_behind_the_one_before_is_refused_by_the_writer()
    {
        using LogWriter log = new(new MemorySegments(), "{}"u8, 2, LogOptions.Default);
        log.Append(new Position(0, 100), new ClockStart(1));
        log.Append(new Position(1, 3), new ClockStart(1));
        Assert.Throws<ArgumentException>(() => log.Append(new Position(0, 99), new ClockStart(1)));
        Assert.Throws<ArgumentException>(() => log.Append(new Position(2, 100), new ClockStart(1)));
        Assert.Throws<ArgumentException>(() => log.Flush(new Position(0, 99)));
    }

    [Fact]
    public void Nothing_follows_the_end()
    {
        using LogWriter log = new(new MemorySegments(), "{}"u8, 1, LogOptions.Default);
        log.Append(new Position(0, 100), new End(EndReason.Stopped));
        Assert.True(log.HasEnded);
        Assert.Throws<InvalidOperationException>(() => log.Append(new Position(0, 100), new ClockStart(1)));
    }

    [Fact]
    public void A_record_is_read_only_as_what_it_is()
    {
        using LogReader log = new(Samples.Log(LogOptions.Default), 1);
        Assert.Throws<InvalidOperationException>(() => log.Read<ClockStart>());
        Assert.True(log.Next());
        Assert.Equal(RecordKind.BootSeed, log.Kind);
        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8], log.Read<BootSeed>().Bytes.ToArray());
        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8], log.Read<BootSeed>().Bytes.ToArray());
        Assert.Throws<InvalidOperationException>(() => log.Read<ClockStart>());
    }

    [Fact]
    public void An_anchor_on_the_line_costs_five_bytes()
    {
        MemorySegments store = new();
        using (LogWriter log = new(store, "{}"u8, 1, LogOptions.Default))
        {
            TimeAnchor anchor = new(0, Samples.Rate25);
            log.Append(new Position(0, 0), anchor);
            log.Append(new Position(0, 16_000), new TimeAnchor(anchor.TscAfter(16_000), Samples.Rate25 + (20 * TimeAnchor.CoarseUnit)));
            log.Flush(new Position(0, 16_000));
        }

        using LogReader reader = new(store, 1);
        Assert.True(reader.Next() && reader.Next());
        Assert.Equal(5, reader.RecordBytes);
    }

    [Fact]
    public void Moving_over_anchors_allocates_nothing()
    {
        MemorySegments store = new();
        using (LogWriter log = new(store, "{}"u8, 1, LogOptions.Default))
        {
            for (ulong i = 0; i < 10_000; i++)
            {
                log.Append(new Position(0, i * 40_000), new TimeAnchor(i * 1_000_003, Samples.Rate25 + (i << 20)));
            }

            log.Flush(new Position(0, 10_000 * 40_000));
        }

        using LogReader reader = new(store, 1);
        Assert.True(reader.Next());
        long before = GC.GetAllocatedBytesForCurrentThread();
        ulong sum = 0;
        for (int i = 1; i < 10_000 && reader.Next(); i++)
        {
            sum += reader.Read<TimeAnchor>().Tsc;
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(1_000_003UL * (9_999UL * 10_000 / 2), sum);
    }
}
