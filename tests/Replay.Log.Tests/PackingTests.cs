using System.Diagnostics;
using Guest.Machine;
using Replay.Log.Checkpoints;
using Replay.Log.Manifests;
using Replay.Log.Native;
using Replay.Log.Packing;
using Replay.Log.Records;
using Replay.Log.Tests.Support;

namespace Replay.Log.Tests;

/// <summary>Recordings as one file: packed, unpacked, damaged.</summary>
public sealed class PackingTests : IDisposable
{
    private readonly TemporaryFolder _temporary = new();

    public PackingTests()
    {
        File.WriteAllText(Kernel, "a kernel");
        File.WriteAllText(Initrd, "an initrd");
        Manifest manifest = Samples.Manifest with
        {
            Machine = Samples.Manifest.Machine with { MemoryBytes = ScribbledMachine.Description.MemoryBytes },
            Kernel = FileIdentity.Of(Kernel, out _),
            Initrd = FileIdentity.Of(Initrd, out _),
        };
        using NewRecording recording = NewRecording.Create(_temporary.Recording, manifest, LogOptions.Default);
        recording.Log.Append(default, new ClockStart(5));
        recording.WriteConsole("hello\n"u8);
        using ScribbledMachine machine = new() { WritesDisk = false };
        using CheckpointFolder checkpoints = recording.OpenCheckpoints();
        using CheckpointSeries series = new(checkpoints, machine.Machine, machine.Disks);
        for (int i = 0; i < 2; i++)
        {
            machine.GoOn(new Random(i), 20);
            series.Begin().Write();
        }

        recording.Log.Append(machine.Machine.Position, new End(EndReason.Stopped));
        recording.Flush(machine.Machine.Position);
    }

    private string Kernel => Path.Combine(_temporary.Path, "kernel");

    private string Initrd => Path.Combine(_temporary.Path, "initrd");

    private string Packed => Path.Combine(_temporary.Path, "a.rkz");

    private string Unpacked => Path.Combine(_temporary.Path, "b.rk");

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public void An_unpacked_recording_is_the_packed_one_and_needs_no_other_file()
    {
        Pack();
        File.Delete(Kernel);
        File.Delete(Initrd);
        new PackedRecording(Packed).Unpack(Unpacked);
        foreach (string file in Directory.EnumerateFiles(_temporary.Recording, "*", SearchOption.AllDirectories))
        {
            string name = Path.GetRelativePath(_temporary.Recording, file);
            Assert.True(File.ReadAllBytes(file).AsSpan().SequenceEqual(File.ReadAllBytes(Path.Combine(Unpacked, name))), name);
        }

        RecordingFolder folder = RecordingFolder.Open(Unpacked);
        Assert.Equal("a kernel"u8.ToArray(), folder.Manifest.Kernel.Load(folder.Path));
        Assert.Equal("an initrd"u8.ToArray(), folder.Manifest.Initrd!.Load(folder.Path));
        using CheckpointFolder checkpoints = folder.OpenCheckpoints();
        Assert.Equal(2, checkpoints.Positions().Count);
        _ = checkpoints.Open(checkpoints.Positions()[1]);
    }

    [Fact]
    public void It_is_a_tar_archive_that_tar_and_zstd_read()
    {
        Pack();
        using Process tar = Process.Start(new ProcessStartInfo("sh", ["-c", $"zstd -dc '{Packed}' | tar -t"]) { RedirectStandardOutput = true })!;
        string[] names = tar.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        tar.WaitForExit();
        Assert.Equal(0, tar.ExitCode);
        Assert.Equal("manifest.json", names[0]);
        Assert.Equal("pack.json", names[^1]);
        Assert.Equal(8, names.Length);
    }

    [Fact]
    public void The_same_recording_packs_to_the_same_bytes()
    {
        Pack();
        byte[] first = File.ReadAllBytes(Packed);
        File.Delete(Packed);
        File.SetLastWriteTimeUtc(Path.Combine(_temporary.Recording, "manifest.json"), new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        Pack();
        Assert.True(first.AsSpan().SequenceEqual(File.ReadAllBytes(Packed)));
    }

    [Fact]
    public void Checkpoints_can_be_left_out_but_not_the_one_it_begins_with()
    {
        new RecordingPacker(RecordingFolder.Open(_temporary.Recording), withCheckpoints: false).Pack(Packed);
        new PackedRecording(Packed).Unpack(Unpacked);
        Assert.False(Directory.Exists(Path.Combine(Unpacked, "checkpoints")));
    }

    [Fact]
    public void A_kernel_that_has_changed_is_refused_before_anything_is_left()
    {
        File.WriteAllText(Kernel, "another kernel");
        Assert.Equal(106, Assert.Throws<ReplayKitException>(Pack).Code);
        Assert.False(File.Exists(Packed));
        Assert.False(File.Exists(Packed + ".new"));
        File.Delete(Kernel);
        Assert.Equal(107, Assert.Throws<ReplayKitException>(Pack).Code);
    }

    [Fact]
    public void Nothing_is_overwritten()
    {
        Pack();
        Assert.Equal(108, Assert.Throws<ReplayKitException>(Pack).Code);
        Directory.CreateDirectory(Unpacked);
        Assert.Equal(108, Assert.Throws<ReplayKitException>(() => new PackedRecording(Packed).Unpack(Unpacked)).Code);
    }

    [Fact]
    public void A_mutated_file_is_refused_or_unpacks_to_the_same_and_leaves_nothing_else()
    {
        Pack();
        byte[] whole = File.ReadAllBytes(Packed);
        string[] before = Names();
        Fuzz.Run(300, random => IsRefused(Mutations.Of(random, whole), before));
    }

    [Fact]
    public void A_mutated_archive_in_a_stream_that_is_whole_is_refused_or_unpacks_and_leaves_nothing_else()
    {
        Pack(withCheckpoints: false);
        byte[] archive = Archive();
        string[] before = Names();
        Fuzz.Run(300, random => IsRefused(Stream(Mutations.Of(random, archive)), before));
    }

    [Theory]
    [InlineData('S')] // sparse
    [InlineData('M')] // continued from another volume
    [InlineData('V')] // the volume's name
    [InlineData('5')] // a directory
    [InlineData('2')] // a symbolic link
    public void An_entry_that_is_no_plain_file_is_refused(char type)
    {
        Pack(withCheckpoints: false);
        byte[] archive = Archive();
        string[] before = Names();
        const int TypeAt = 156, ChecksumAt = 148;
        archive[TypeAt] = (byte)type;
        archive.AsSpan(ChecksumAt, 8).Fill((byte)' ');
        int sum = archive.Take(512).Sum(value => value);
        System.Text.Encoding.ASCII.GetBytes(Convert.ToString(sum, 8).PadLeft(6, '0') + "\0 ").CopyTo(archive, ChecksumAt);
        Assert.True(IsRefused(Stream(archive), before));
    }

    [Theory]
    [InlineData("../manifest.json")]
    [InlineData("/etc/passwd")]
    [InlineData("log/../../x.rklog")]
    [InlineData("log/1.rklog")]
    [InlineData("files/xyz")]
    [InlineData("console.log/x")]
    [InlineData("")]
    public void No_other_name_is_ever_written(string name) => Assert.False(PackNames.IsKnown(name));

    private string[] Names() => [.. Directory.EnumerateFileSystemEntries(_temporary.Path, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];

    private void Pack() => Pack(withCheckpoints: true);

    private void Pack(bool withCheckpoints) => new RecordingPacker(RecordingFolder.Open(_temporary.Recording), withCheckpoints).Pack(Packed);

    private byte[] Archive()
    {
        using ZstdStreamReader stream = new(File.OpenRead(Packed));
        using MemoryStream archive = new();
        stream.CopyTo(archive);
        return archive.ToArray();
    }

    private static byte[] Stream(byte[] archive)
    {
        using MemoryStream packed = new();
        using (ZstdStreamWriter stream = new(packed, level: 1))
        {
            stream.Write(archive);
        }

        return packed.ToArray();
    }

    private bool IsRefused(byte[] packed, string[] before)
    {
        string target = Path.Combine(_temporary.Path, "c.rk");
        File.WriteAllBytes(Packed, packed);
        bool isRefused = false;
        try
        {
            new PackedRecording(Packed).Unpack(target);
            Directory.Delete(target, recursive: true);
        }
        catch (ReplayKitException refusal)
        {
            Assert.True(refusal.ExitCode == ExitCode.BadInput, refusal.Message);
            isRefused = true;
        }

        Assert.Equal(before, Names());
        return isRefused;
    }
}
