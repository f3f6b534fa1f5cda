using Guest.Machine;
using Replay.Log.Frames;
using Replay.Log.Tests.Support;

namespace Replay.Log.Tests;

public sealed class DamageTests
{
    private static readonly LogOptions s_oneFramePerSegment = new() { SegmentBytes = 1 };

    public static TheoryData<FrameCodec> Codecs { get; } = new(Enum.GetValues<FrameCodec>());

    [Theory]
    [MemberData(nameof(Codecs))]
    public void A_log_cut_at_any_offset_reads_up_to_its_last_whole_frame(FrameCodec codec)
    {
        MemorySegments whole = Samples.Log(new LogOptions { Codec = codec });
        int[] frameEnds = FrameEnds(whole.Segments[0]);
        Assert.Equal(Samples.Frames.Length + 1, frameEnds.Length);
        for (int length = 0; length < whole.Segments[0].Length; length++)
        {
            MemorySegments cut = new() { Segments = { whole.Segments[0][..length] } };
            using LogReader log = new(cut, 1);
            int wholeFrames = Math.Max(0, frameEnds.Count(end => end <= length) - 1);
            Assert.Equal(Samples.Frames.Take(wholeFrames).SelectMany(frame => frame), Logged.ReadAll(log));
            Assert.Equal(LogEnding.Cut, log.Ending);
            Assert.Equal(wholeFrames == 0 ? default : Samples.Frames[wholeFrames - 1][^1].At, log.CompleteTo);
        }
    }

    [Theory]
    [MemberData(nameof(Codecs))]
    public void A_flip_of_any_bit_is_damage_at_the_offset_of_its_frame(FrameCodec codec)
    {
        MemorySegments whole = Samples.Log(new LogOptions { Codec = codec });
        int[] frameEnds = FrameEnds(whole.Segments[0]);
        for (int bit = 0; bit < whole.Segments[0].Length * 8; bit++)
        {
            MemorySegments damaged = whole.Copy();
            damaged.Segments[0][bit >> 3] ^= (byte)(1 << (bit & 7));
            int frame = frameEnds.Count(end => end <= bit >> 3);
            int offset = frame == 0 ? 0 : frameEnds[frame - 1];
            AssertDamage(damaged, $"log/000000.rklog is damaged at offset {offset}: ");
            AssertUpToDamage(damaged, Math.Max(0, frame - 1));
        }
    }

    [Fact]
    public void A_flip_of_any_bit_in_a_log_without_end_is_damage_and_no_cut()
    {
        MemorySegments whole = Samples.Log(Samples.Stored);
        byte[] log = whole.Segments[0][..FrameEnds(whole.Segments[0])[^2]];
        for (int bit = 0; bit < log.Length * 8; bit++)
        {
            byte[] bytes = [.. log];
            bytes[bit >> 3] ^= (byte)(1 << (bit & 7));
            AssertDamage(new MemorySegments { Segments = { bytes } }, "is damaged at offset");
        }
    }

    [Fact]
    public void A_lost_frame_is_damage()
    {
        MemorySegments whole = Samples.Log(LogOptions.Default);
        int[] ends = FrameEnds(whole.Segments[0]);
        byte[] bytes = whole.Segments[0];
        MemorySegments lost = new() { Segments = { (byte[])[.. bytes[..ends[0]], .. bytes[ends[1]..]] } };
        AssertDamage(lost, $"is damaged at offset {ends[0]}: frame 2 stands where frame 1 belongs");
    }

    [Fact]
    public void Swapped_segments_are_damage()
    {
        MemorySegments swapped = Samples.Log(s_oneFramePerSegment);
        Assert.Equal(4, swapped.Segments.Count);
        swapped.Segments.Reverse(1, 2);
        AssertDamage(swapped, "log/000001.rklog is damaged at offset 0: frame 2 stands where frame 1 belongs");
    }

    [Fact]
    public void A_segment_of_another_recording_is_damage()
    {
        MemorySegments mine = Samples.Log(s_oneFramePerSegment);
        MemorySegments other = new();
        using (LogWriter log = new(other, "{}"u8, 1, s_oneFramePerSegment))
        {
            Samples.WriteFrames(log);
        }

        mine.Segments[2] = other.Segments[2];
        AssertDamage(mine, "log/000002.rklog is damaged at offset 0: frame 2 does not follow the frame before it");
    }

    [Fact]
    public void A_segment_that_is_cut_while_another_follows_is_damage_at_each_length()
    {
        MemorySegments whole = Samples.Log(s_oneFramePerSegment);
        for (int length = 0; length < whole.Segments[1].Length; length++)
        {
            MemorySegments cut = whole.Copy();
            cut.Segments[1] = cut.Segments[1][..length];
            AssertDamage(cut, "is damaged at offset 0: ");
        }
    }

    [Fact]
    public void Bytes_behind_the_end_are_damage()
    {
        MemorySegments whole = Samples.Log(LogOptions.Default);
        for (int count = 1; count < 100; count++)
        {
            MemorySegments longer = whole.Copy();
            longer.Segments[0] = [.. longer.Segments[0], .. longer.Segments[0].Take(count)];
            AssertDamage(longer, $"is damaged at offset {whole.Segments[0].Length}: ");
        }
    }

    [Fact]
    public void Zeros_that_a_power_failure_left_are_damage()
    {
        MemorySegments whole = Samples.Log(LogOptions.Default);
        int end = FrameEnds(whole.Segments[0])[^2];
        Array.Clear(whole.Segments[0], end, whole.Segments[0].Length - end);
        AssertDamage(whole, $"is damaged at offset {end}: no frame begins here");
    }

    [Fact]
    public void A_reader_that_met_damage_says_so_again()
    {
        MemorySegments whole = Samples.Log(LogOptions.Default);
        whole.Segments[0][^1] ^= 1;
        using LogReader log = new(whole, 1);
        Assert.Throws<ReplayKitException>(() => Logged.ReadAll(log));
        Assert.Throws<ReplayKitException>(() => log.Next());
    }

    /// <summary>Where the frames of a segment end, found through the two fields that say so (docs/log-format.md).</summary>
    internal static int[] FrameEnds(byte[] segment)
    {
        List<int> ends = [];
        for (int offset = 0; offset < segment.Length;)
        {
            offset += 72 + BitConverter.ToInt32(segment, offset + 16);
            ends.Add(offset);
        }

        return [.. ends];
    }

    private static void AssertDamage(MemorySegments store, string message)
    {
        using LogReader log = new(store, 1);
        ReplayKitException error = Assert.Throws<ReplayKitException>(() => Logged.ReadAll(log));
        Assert.Equal((101, ExitCode.BadInput), (error.Code, error.ExitCode));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    private static void AssertUpToDamage(MemorySegments store, int framesBefore)
    {
        using LogReader log = new(store, 1, upToDamage: true);
        Assert.Equal(Samples.Frames.Take(framesBefore).SelectMany(frame => frame), Logged.ReadAll(log));
        Assert.Equal(LogEnding.Damaged, log.Ending);
        Assert.Contains("is damaged at offset", log.Damage, StringComparison.Ordinal);
    }
}
