using Guest.Machine;
using Guest.Machine.Devices.Block;
using Replay.Log.Frames;
using Replay.Log.Records;
using Replay.Log.Segments;
using Replay.Log.Tests.Support;

namespace Replay.Log.Tests;

/// <summary>The bytes of each record as docs/log-format.md gives them: they are on disks and may never change.</summary>
public sealed class RecordBytesTests
{
    private const string HashOne = "01000000000000000000000000000000";
    private const string HashMax = "ffffffffffffffffffffffffffffffff";

    private static readonly (RecordKind Kind, Logged Record, string Bytes)[] s_golden =
    [
        (RecordKind.BootSeed, Logged.Seed(new(0, 0), [0xAA, 0xBB, 0xCC]), "04 00 03 aabbcc"),
        (RecordKind.ClockStart, Logged.Of(new(0, 0), new ClockStart(-1)), "08 00 01"),
        (RecordKind.ClockStart, Logged.Of(new(0, 0), new ClockStart(1_790_000_000)), "08 00 80ee89ab0d"),
        (RecordKind.TimeAnchor, Logged.Of(new(0, 0), new TimeAnchor(7, 25UL << 32)), "0c 00 808019 0e"),
        (RecordKind.TimeAnchor, Logged.Of(new(0, 200), new TimeAnchor(0, 3)), "0c c801 01 06 00"),
        (RecordKind.TimeAnchor, Logged.Of(new(0, 1), new TimeAnchor(ulong.MaxValue, ulong.MaxValue)), "0c 01 01 01 01"),
        (RecordKind.ConsoleInput, Logged.Typed(new(0, 300), "ls\r"u8.ToArray()), "10 ac02 03 6c730d"),
        (RecordKind.ConsoleInput, Logged.Typed(new(0, 300, 4096), [3]), "11 ac02 8020 01 03"),
        (RecordKind.ConsoleInput, Logged.Typed(new(1, 5), [3]), "12 01 05 01 03"),
        (RecordKind.StateHash, Logged.Of(new(0, 9), Logged.Hash()), "14 09 00"),
        (RecordKind.StateHash,
            Logged.Of(new(0, 9), Logged.Hash(new(StatePartKind.Registers, 0, 1), new(StatePartKind.Memory, 200, new Hash128(ulong.MaxValue, ulong.MaxValue)))),
            $"14 09 02 01 00 {HashOne} 03 c801 {HashMax}"),
        (RecordKind.End, Logged.Of(new(0, 127), new End(EndReason.PowerOff)), "18 7f 01 00"),
        (RecordKind.End, Logged.Of(new(0, 128), new End(EndReason.GuestRefused, "ü")), "18 8001 09 02 c3bc"),
        (RecordKind.EntropyInput, Logged.Entropy(new(0, 3), 31, [0xAA, 0xBB]), "20 03 1f 02 aabb"),
        (RecordKind.DiskAnswer, Logged.Of(new(0, 3), new DiskAnswer(1, 0, DiskStatus.Done, null)), "24 03 01 00"),
        (RecordKind.DiskAnswer, Logged.Of(new(0, 3), new DiskAnswer(31, 20, DiskStatus.Done, 1)), $"24 03 1f a101 {HashOne}"),
        (RecordKind.DiskAnswer, Logged.Of(new(0, 3), new DiskAnswer(2, 1, DiskStatus.Failed, null)), "24 03 02 0a"),
        (RecordKind.FrameInput, Logged.Frame(new(0, 3), 31, [0xAA, 0xBB]), "28 03 1f 02 aabb"),
        (RecordKind.VcpuTurn, Logged.Of(new(0, 300), new VcpuTurn(1)), "2c ac02 01"),
        (RecordKind.VcpuWait, Logged.Of(new(0, 3), new VcpuWait(1, 300)), "34 03 01 ac02"),
        (RecordKind.CommonCut, Logged.Of(new(0, 3), default(CommonCut)), "38 03"),
        (RecordKind.ConsoleSize, Logged.Of(new(0, 3), new ConsoleSize(80, 300)), "3c 03 50 ac02"),
        (RecordKind.InterruptTaken, Logged.Of(new(0, 3), default(InterruptTaken)), "30 03"),
        (RecordKind.HostVendor, Logged.Vendor(new(0, 3), "AuthenticAMD"), "1c 03 0c 41757468656e746963414d44"),
    ];

    public static TheoryData<int> Rows { get; } = new(Enumerable.Range(0, s_golden.Length));

    [Theory]
    [MemberData(nameof(Rows))]
    public void A_record_has_its_golden_bytes(int row)
    {
        (RecordKind _, Logged record, string bytes) = s_golden[row];
        MemorySegments store = new();
        using LogWriter log = new(store, "{}"u8, 2, Samples.Stored);
        long before = log.Bytes;
        record.AppendTo(log);
        log.Flush(record.At);
        byte[] payload = store.Segments[0][((int)before + 72)..];
        Assert.Equal(bytes.Replace(" ", "", StringComparison.Ordinal), Convert.ToHexStringLower(payload));
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public void Golden_bytes_read_as_their_record(int row)
    {
        (RecordKind kind, Logged record, string bytes) = s_golden[row];
        using LogReader log = new(LogOf(bytes), 2);
        Assert.True(log.Next());
        Assert.Equal(kind, log.Kind);
        Assert.Equal([record], Logged.ReadAll(new LogReader(LogOf(bytes), 2)));
    }

    [Fact]
    public void An_anchor_is_told_from_where_the_anchor_before_it_in_the_frame_points()
    {
        const string Bytes = "0c 00 808019 0e" + "0c 0a 28 00" + "0c 0a 00 03";
        Logged[] anchors =
        [
            Logged.Of(new(0, 0), new TimeAnchor(7, 25UL << 32)),
            Logged.Of(new(0, 10), new TimeAnchor(257, (25UL << 32) + (10 * TimeAnchor.CoarseUnit))),
            Logged.Of(new(0, 20), new TimeAnchor(505, (25UL << 32) + (10 * TimeAnchor.CoarseUnit))),
        ];
        Assert.Equal(anchors, Logged.ReadAll(new LogReader(LogOf(Bytes), 1)));
    }

    [Fact]
    public void Every_kind_of_record_has_golden_bytes_and_a_row_in_the_format_page()
    {
        string page = File.ReadAllText(Path.Combine(Checkout.Root, "docs", "log-format.md"));
        foreach (RecordKind kind in Enum.GetValues<RecordKind>().Where(kind => kind != RecordKind.None))
        {
            Assert.Contains(s_golden, row => row.Kind == kind);
            Assert.Contains($"| {(int)kind} | `{kind}` |", page, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Every_reason_to_end_has_a_word_of_its_own_and_a_row_in_the_format_page()
    {
        string page = File.ReadAllText(Path.Combine(Checkout.Root, "docs", "log-format.md"));
        EndReason[] reasons = [.. Enum.GetValues<EndReason>().Where(reason => reason != EndReason.None)];
        Assert.Equal(reasons.Length, reasons.Select(reason => reason.Word()).Distinct().Count());
        Assert.All(reasons, reason => Assert.Contains($"| {(int)reason} | `{reason.Word()}` |", page, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("a41f 00", "a record of kind 1001")]
    [InlineData("00 00", "a record of kind 0")]
    [InlineData("fcffffffffffffffff01 00", "a record of kind 2147483647")]
    [InlineData("18 00 63 00", "an end for reason 99")]
    [InlineData("18 00 00 00", "an end for reason 0")]
    [InlineData("24 00 01 06", "a disk's answer with status 3")]
    [InlineData("14 00 01 05 00 " + HashOne, "a state hash with a part of kind 5")]
    public void What_is_not_known_is_refused_by_name_with_its_offset(string bytes, string what)
    {
        ReplayKitException error = Assert.Throws<ReplayKitException>(() => Logged.ReadAll(new LogReader(LogOf("08 00 01" + bytes), 2, upToDamage: true)));
        Assert.Equal((104, ExitCode.BadInput), (error.Code, error.ExitCode));
        Assert.Contains($"log/000000.rklog holds what this ReplayKit does not know, in the frame at offset 106: {what}", error.Message, StringComparison.Ordinal);
        Assert.EndsWith("at byte 3 of its payload", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("04 00 04 aabbcc", "the length of a byte string is 4, above 3")]
    [InlineData("08", "a record ends behind its frame")]
    [InlineData("08 80", "a record ends behind its frame")]
    [InlineData("08 8000 01", "a number is not in its shortest form")]
    [InlineData("08 00 ffffffffffffffffff02", "a number is not in its shortest form")]
    [InlineData("08 00 ffffffffffffffffff8101", "a number has more than 64 bits")]
    [InlineData("0a 02 00 01", "the number of a vCPU is 2, above 1")]
    [InlineData("0c 00 03 00", "the rate of a time anchor starts with 3")]
    [InlineData("14 00 02 01 00 " + HashOne, "the number of parts of a state hash is 2, above 1")]
    [InlineData("20 00 20 00", "the slot of a device is 32, above 31")]
    [InlineData("18 00 01 01 ff", "the detail of an end is not UTF-8")]
    [InlineData("08 87ad4b 01", "position 0:12d687 is behind the frame's end at 0:12d686")]
    public void A_record_that_breaks_the_format_is_damage_with_its_offset(string bytes, string what)
    {
        using LogReader log = new(LogOf("08 00 01" + bytes), 2);
        ReplayKitException error = Assert.Throws<ReplayKitException>(() => Logged.ReadAll(log));
        Assert.Equal(101, error.Code);
        Assert.Contains($"log/000000.rklog is damaged at offset 106: {what}, in the record at byte 3", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_position_that_overflows_is_damage()
    {
        using LogReader log = new(LogOf("08 01 01" + "08 ffffffffffffffffff01 01"), 1);
        ReplayKitException error = Assert.Throws<ReplayKitException>(() => Logged.ReadAll(log));
        Assert.Contains("a position has more than 64 bits", error.Message, StringComparison.Ordinal);
    }

    /// <summary>A log whose second frame, at offset 106, has these bytes as its payload and ends at 0:12d686.</summary>
    private static MemorySegments LogOf(string bytes)
    {
        MemorySegments store = new();
        using FrameWriter frames = new(store, Samples.Stored);
        frames.Write(ManifestSeal.Of("{}"u8), default);
        frames.Write(Convert.FromHexString(bytes.Replace(" ", "", StringComparison.Ordinal)), new Position(0, 1_234_566));
        return store;
    }
}
