using Guest.Machine;
using Replay.Log.Manifests;
using Replay.Log.Records;
using Replay.Log.Tests.Support;

namespace Replay.Log.Tests;

public sealed class RecordingFolderTests
{
    [Fact]
    public void A_recording_is_read_as_it_was_written()
    {
        using TemporaryFolder folder = new();
        Logged[] written = Write(folder.Recording);
        RecordingFolder recording = RecordingFolder.Open(folder.Recording);
        Assert.Equal(Samples.Manifest.ToJson(), recording.Manifest.ToJson());
        Assert.Equal(Samples.Manifest.Machine.Cpuid, recording.Manifest.Machine.Cpuid.AsEnumerable());
        Assert.Equal("hello\n", File.ReadAllText(recording.ConsolePath));
        using LogReader log = recording.ReadLog();
        Assert.Equal(written, Logged.ReadAll(log));
    }

    [Fact]
    public void A_flip_of_any_bit_in_the_manifest_is_damage_at_its_offset()
    {
        using TemporaryFolder folder = new();
        Logged[] written = Write(folder.Recording);
        string manifest = Path.Combine(folder.Recording, "manifest.json");
        byte[] bytes = File.ReadAllBytes(manifest);
        for (int bit = 0; bit < bytes.Length * 8; bit++)
        {
            bytes[bit >> 3] ^= (byte)(1 << (bit & 7));
            File.WriteAllBytes(manifest, bytes);
            bytes[bit >> 3] ^= (byte)(1 << (bit & 7));
            AssertRefused(folder.Recording, 101, $"manifest.json is damaged at offset {bit >> 3}: ");
        }

        using LogReader log = RecordingFolder.Open(folder.Recording, upToDamage: true).ReadLog();
        Assert.Equal(written, Logged.ReadAll(log));
    }

    [Fact]
    public void A_manifest_cut_at_any_length_is_damage_at_its_end()
    {
        using TemporaryFolder folder = new();
        Write(folder.Recording);
        string manifest = Path.Combine(folder.Recording, "manifest.json");
        byte[] bytes = File.ReadAllBytes(manifest);
        for (int length = 0; length < bytes.Length; length++)
        {
            File.WriteAllBytes(manifest, bytes[..length]);
            AssertRefused(folder.Recording, 101, $"manifest.json is damaged at offset {length}: ");
        }
    }

    [Fact]
    public void A_changed_manifest_is_damage_even_where_it_says_the_same()
    {
        using TemporaryFolder folder = new();
        Write(folder.Recording);
        File.AppendAllText(Path.Combine(folder.Recording, "manifest.json"), "\n");
        AssertRefused(folder.Recording, 101, $"manifest.json is damaged at offset {Samples.Manifest.ToJson().Length}: ");
    }

    [Theory]
    [InlineData("""{"format":"replaykit-recording","version":99,"something":"new"}""", 103, "manifest.json has format version 99; this ReplayKit reads up to version 5")]
    [InlineData("""{"format":"replaykit-recording","version":0}""", 102, "it does not begin with format replaykit-recording and a version")]
    [InlineData("""{"format":"another","version":1}""", 102, "it does not begin with format replaykit-recording and a version")]
    [InlineData("""{"format":7,"version":1}""", 102, "it does not begin with format replaykit-recording and a version")]
    [InlineData("""{"version":"x","format":"replaykit-recording"}""", 102, "is no manifest of a recording")]
    [InlineData("""[]""", 102, "it does not begin with format replaykit-recording and a version")]
    [InlineData("", 102, "is no manifest of a recording")]
    public void A_manifest_that_is_newer_or_none_is_refused_by_name(string json, int code, string message)
    {
        using TemporaryFolder folder = new();
        WriteAround(folder.Recording, System.Text.Encoding.UTF8.GetBytes(json));
        AssertRefused(folder.Recording, code, message);
    }

    [Theory]
    [InlineData("\"writtenBy\"", "\"writtenInk\"", "writtenInk")]
    [InlineData("\"vcpus\": 1", "\"vcpus\": 0", "values that no machine has")]
    [InlineData("\"vcpus\": 1", "\"vcpus\": 1000000", "values that no machine has")]
    [InlineData("\"virtual\"", "\"lunar\"", "clock mode lunar is not known")]
    [InlineData("00000007.00000001", "00000007.0000000x", "a CPUID answer does not have the form")]
    [InlineData("00000007.00000001 ", "00000007.00000001", "a CPUID answer does not have the form")]
    [InlineData("0000000000ab\"", "0000000000AB\"", "a key is not 32 lower-case hexadecimal digits")]
    [InlineData("0000000000ab\"", "0000000000abc\"", "a key is not 32 lower-case hexadecimal digits")]
    [InlineData("\"memoryHashKey\": \"000000000000000000000000000000ab\",", "", "a machine has a memoryHashKey from version 2 on, and this is version 3")]
    [InlineData("\"version\": 3", "\"version\": 1", "a machine has a memoryHashKey from version 2 on, and this is version 1")]
    [InlineData("\"initrd\": null,", "", "initrd")]
    [InlineData("\"initrd\": null,", "\"initrd\": null, \"initrd\": null,", "initrd")]
    public void A_manifest_with_what_is_not_known_is_refused_by_name(string text, string other, string message)
    {
        string json = System.Text.Encoding.UTF8.GetString(Samples.Manifest.ToJson());
        Assert.Contains(text, json, StringComparison.Ordinal);
        using TemporaryFolder folder = new();
        WriteAround(folder.Recording, System.Text.Encoding.UTF8.GetBytes(json.Replace(text, other, StringComparison.Ordinal)));
        AssertRefused(folder.Recording, 102, message);
    }

    [Fact]
    public void Frames_of_a_newer_version_are_refused_by_name()
    {
        using TemporaryFolder folder = new();
        Write(folder.Recording);
        string segment = Path.Combine(folder.Recording, "log", "000000.rklog");
        byte[] bytes = File.ReadAllBytes(segment);
        bytes[4] = 99;
        BitConverter.TryWriteBytes(bytes.AsSpan(68), Frames.Crc32C.Of(bytes.AsSpan(0, 68)));
        File.WriteAllBytes(segment, bytes);
        AssertRefused(folder.Recording, 103, "000000.rklog has format version 99");
    }

    [Fact]
    public void A_newer_manifest_is_refused_by_name_where_the_frames_have_another_shape()
    {
        using TemporaryFolder folder = new();
        WriteAround(folder.Recording, """{"format":"replaykit-recording","version":9}"""u8);
        File.WriteAllText(Path.Combine(folder.Recording, "log", "000000.rklog"), new string('x', 200));
        AssertRefused(folder.Recording, 103, "manifest.json has format version 9");
    }

    [Fact]
    public void A_folder_that_is_no_recording_is_refused()
    {
        using TemporaryFolder folder = new();
        AssertRefused(folder.Recording, 100, "is no recording: it has no manifest.json");
        AssertRefused(folder.Path, 100, "is no recording: it has no manifest.json");
    }

    [Theory]
    [InlineData("000000.rklog")]
    [InlineData("000002.rklog")]
    public void A_missing_segment_is_damage(string name)
    {
        using TemporaryFolder folder = new();
        Logged[] written = Write(folder.Recording, new LogOptions { SegmentBytes = 1 });
        File.Delete(Path.Combine(folder.Recording, "log", name));
        AssertLogRefused(folder.Recording, $"{name} is damaged at offset 0: the segment is missing, while 00000");
        using LogReader log = RecordingFolder.Open(folder.Recording, upToDamage: true).ReadLog();
        Assert.Equal(name[5] == '0' ? [] : Samples.Frames[0], Logged.ReadAll(log));
        Assert.Equal(LogEnding.Damaged, log.Ending);
        Assert.NotEmpty(written);
    }

    [Fact]
    public void A_recording_without_any_segment_is_damaged()
    {
        using TemporaryFolder folder = new();
        Write(folder.Recording);
        Directory.Delete(Path.Combine(folder.Recording, "log"), recursive: true);
        AssertRefused(folder.Recording, 101, "000000.rklog is damaged at offset 0: the segment is missing");
    }

    [Fact]
    public void A_recording_is_never_written_over()
    {
        using TemporaryFolder folder = new();
        Write(folder.Recording);
        ReplayKitException error = Assert.Throws<ReplayKitException>(() => Write(folder.Recording));
        Assert.Equal((108, ExitCode.WrongUsage), (error.Code, error.ExitCode));
    }

    [Fact]
    public void A_recording_where_nothing_can_be_written_says_so()
    {
        ReplayKitException error = Assert.Throws<ReplayKitException>(() => Write("/proc/sample.rk"));
        Assert.Equal((110, ExitCode.HostCannot), (error.Code, error.ExitCode));
    }

    [Fact]
    public void A_kernel_that_changed_since_the_recording_is_refused()
    {
        using TemporaryFolder folder = new();
        string kernel = Path.Combine(folder.Path, "vmlinuz");
        File.WriteAllText(kernel, "kernel");
        FileIdentity identity = FileIdentity.Of(kernel, out _);
        Assert.Equal(identity, FileIdentity.Of(kernel, "kernel"u8));
        Assert.Equal("kernel"u8.ToArray(), identity.Load());
        File.WriteAllText(kernel, "kernem");
        AssertFails(106, "is not the file of the recording", () => identity.Load());
        File.Delete(kernel);
        AssertFails(107, "cannot be read", () => identity.Load());
        AssertFails(107, "cannot be read", () => FileIdentity.Of(kernel, out _));
    }

    [Fact]
    public void The_summary_of_a_log_counts_its_records_and_says_how_it_ended()
    {
        using LogReader log = new(Samples.Log(LogOptions.Default), 1);
        LogSummary summary = LogSummary.Of(log);
        Assert.Equal("power-off", summary.Ended);
        Assert.Equal(new Position(0, 120_001), summary.Last);
        Assert.Equal([1, 1, 4, 1, 1, 1], summary.Records.Where(kind => kind.Count > 0).Select(kind => kind.Count));
        Assert.Equal(9, summary.RecordCount);
        Assert.Equal(Samples.Log(LogOptions.Default).Segments[0].Length, summary.LogBytes);
        Assert.Equal(new Position(0, 90_000), summary.LastStateHash!.Value.At);
        Assert.Equal(2, summary.LastStateHash!.Value.Hash.Parts.Length);
    }

    [Fact]
    public void The_summary_of_a_cut_log_ends_where_its_last_frame_is_complete_to()
    {
        MemorySegments cut = Samples.Log(LogOptions.Default);
        cut.Segments[0] = cut.Segments[0][..^1];
        LogSummary summary = LogSummary.Of(new LogReader(cut, 1));
        Assert.Equal(("cut", new Position(0, 90_000)), (summary.Ended, summary.Last));
        cut.Segments[0][200] ^= 1;
        Assert.Equal("damaged", LogSummary.Of(new LogReader(cut, 1, upToDamage: true)).Ended);
    }

    [Fact]
    public void State_hashes_that_differ_name_the_parts()
    {
        StatePart registers = new(StatePartKind.Registers, 0, 1);
        StatePart uart = new(StatePartKind.Device, 2, 5);
        StatePart otherUart = uart with { Hash = 6 };
        StatePart memory = new(StatePartKind.Memory, 0, 7);
        Assert.Empty(Logged.Hash(registers, uart).DifferingParts(Logged.Hash(registers, uart)));
        Assert.Equal([uart, memory], Logged.Hash(registers, uart).DifferingParts(Logged.Hash(registers, otherUart, memory)).ToArray());
        Assert.NotEqual(Logged.Hash(registers, uart).Combined(), Logged.Hash(registers, otherUart).Combined());
    }

    private static Logged[] Write(string path, LogOptions? options = null)
    {
        using NewRecording recording = NewRecording.Create(path, Samples.Manifest, options ?? LogOptions.Default);
        recording.WriteConsole("hello\n"u8);
        recording.Flush(default);
        return Samples.WriteFrames(recording.Log);
    }

    /// <summary>A recording whose log vouches for these bytes as its manifest.</summary>
    private static void WriteAround(string path, ReadOnlySpan<byte> manifest)
    {
        Directory.CreateDirectory(Path.Combine(path, "log"));
        using LogWriter log = new(new Segments.SegmentFolder(Path.Combine(path, "log")), manifest, 1, LogOptions.Default);
        File.WriteAllBytes(Path.Combine(path, "manifest.json"), manifest);
    }

    private static void AssertRefused(string path, int code, string message) =>
        AssertFails(code, message, () => RecordingFolder.Open(path));

    private static void AssertLogRefused(string path, string message) => AssertFails(101, message, () =>
    {
        using LogReader log = RecordingFolder.Open(path).ReadLog();
        Logged.ReadAll(log);
    });

    private static void AssertFails(int code, string message, Action action)
    {
        ReplayKitException error = Assert.Throws<ReplayKitException>(action);
        Assert.Equal((code, ExitCode.BadInput), (error.Code, error.ExitCode));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }
}
