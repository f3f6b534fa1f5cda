using Guest.Machine;
using Guest.Machine.Board;
using Replay.Log.Disks;
using Replay.Log.Manifests;
using Replay.Log.Tests.Support;

namespace Replay.Log.Tests;

/// <summary>Recordings that were made once and are never made again: what this version writes must be readable for good.</summary>
public sealed class GoldenRecordingTests
{
    [Theory]
    [InlineData("version-1-zstd")]
    [InlineData("version-1-brotli")]
    [InlineData("version-2-zstd")]
    [InlineData("version-3-zstd")]
    [InlineData("version-4-turns")]
    [InlineData("version-5-parallel")]
    public void A_golden_recording_says_what_it_always_said(string name)
    {
        string path = Checkout.Tests(Path.Combine("Golden", name));
        RecordingFolder recording = RecordingFolder.Open(path);
        using LogReader log = recording.ReadLog();
        string[] records = [.. Logged.ReadAll(log).Select(record => record.Text)];
        Assert.Equal(File.ReadAllLines(Path.Combine(path, "expected.jsonl")), records);
        Assert.Equal(LogEnding.Ended, log.Ending);
        Assert.Equal("x86-64-v2", recording.Manifest.Machine.CpuModel);
        Assert.Equal(0xfedcba98, recording.Manifest.Machine.Cpuid[1].Edx);
        Assert.Equal(name.StartsWith("version-1", StringComparison.Ordinal) ? null : (Hash128?)0xab, recording.Manifest.Machine.MemoryHashKey);
        Assert.Equal("console=ttyS0 \"quoted\" größer", recording.Manifest.CommandLine);
    }

    [Fact]
    public void Every_version_of_the_format_has_a_golden_recording()
    {
        IEnumerable<int> versions = Directory.GetDirectories(Checkout.Tests("Golden")).Select(path => RecordingFolder.Open(path).Manifest.Version).Distinct().Order();
        Assert.Equal(Enumerable.Range(1, LogFormat.Version), versions);
    }

    [Fact]
    public void The_golden_recording_of_version_4_has_four_processors_in_turns()
    {
        Manifest manifest = RecordingFolder.Open(Checkout.Tests(Path.Combine("Golden", "version-4-turns"))).Manifest;
        Assert.Equal((4, new TurnsDescription(100_000, 7)), (manifest.Machine.Vcpus, manifest.Machine.Turns));
    }

    [Fact]
    public void The_golden_recording_of_version_5_has_two_processors_in_parallel()
    {
        Manifest manifest = RecordingFolder.Open(Checkout.Tests(Path.Combine("Golden", "version-5-parallel"))).Manifest;
        Assert.Equal((2, true, null), (manifest.Machine.Vcpus, manifest.Machine.Parallel, manifest.Machine.Turns));
    }

    [Fact]
    public void A_recording_has_the_lowest_version_that_has_what_its_machine_has()
    {
        Assert.Equal(3, (Samples.Manifest with { }).Version);
        Assert.Equal(4, (Samples.Manifest with { Machine = Samples.Manifest.Machine with { Vcpus = 2, Turns = TurnsDescription.Default } }).Version);
        Assert.Equal(5, (Samples.Manifest with { Machine = Samples.Manifest.Machine with { Vcpus = 2, Parallel = true } }).Version);
    }

    [Theory]
    [InlineData(1, true, 4)]
    [InlineData(2, false, 4)]
    [InlineData(2, true, 3)]
    [InlineData(1, false, 5, true)]
    [InlineData(2, true, 5, true)]
    [InlineData(2, false, 4, true)]
    [InlineData(2, false, 5, true, ClockMode.Virtual)]
    public void A_manifest_whose_processors_turns_and_version_do_not_fit_is_refused(int vcpus, bool turns, int version, bool parallel = false, ClockMode clock = ClockMode.Host)
    {
        Manifest manifest = Samples.Manifest with
        {
            Version = version,
            Machine = Samples.Manifest.Machine with { Vcpus = vcpus, Turns = turns ? TurnsDescription.Default : null, Parallel = parallel, ClockMode = clock },
        };
        Assert.Equal(102, Assert.Throws<Guest.Machine.ReplayKitException>(() => Manifest.Parse("manifest.json", manifest.ToJson())).Code);
    }

    [Fact]
    public void The_golden_recording_of_version_3_has_its_devices_and_disks()
    {
        Manifest manifest = RecordingFolder.Open(Checkout.Tests(Path.Combine("Golden", "version-3-zstd"))).Manifest;
        Assert.Equal(["disk0", "disk1", "entropy0", "panic0"], manifest.Machine.Pci.Select(device => device.Name));
        Assert.Equal(new BlockDescription { Slot = 1, Name = "disk0", Bytes = 8 << 20, ReadOnly = false, Serial = "disk0" }, manifest.Machine.Pci[0]);
        Assert.Equal([(1, "overlay/disk0.qcow2"), (2, null)], manifest.Disks.Select(disk => (disk.Slot, disk.Overlay)));
        Assert.Equal([DiskFormat.Qcow2, DiskFormat.Raw], manifest.Disks[0].Files.Select(file => file.Format));
    }
}
