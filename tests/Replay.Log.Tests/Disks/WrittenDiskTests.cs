using Guest.Machine;
using Replay.Log.Disks;
using Replay.Log.Tests.Support;

namespace Replay.Log.Tests.Disks;

/// <summary>The disks that can be written, against an array of bytes and against QEMU's tools.</summary>
public sealed class WrittenDiskTests : IDisposable
{
    // Not a whole number of clusters, and more than one table of an overlay.
    private const int Size = (5 << 20) + 1536;
    private readonly TemporaryFolder _folder = new();
    private readonly int _seed = Environment.TickCount;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_scratch_disk_holds_what_was_written_and_its_image_stays()
    {
        string image = Image(out byte[] content);
        using (var disk = new ScratchDisk(OpenedDisk.Open(image, DiskFormat.Raw).Image))
        {
            byte[] expected = Play(disk, content, new Random(_seed), 400);
            AssertHolds(expected, disk);
            HashSet<int> written = [.. disk.WrittenBlocks];
            for (int block = 0; block * 4096 < Size; block++)
            {
                int length = Math.Min(4096, Size - (block * 4096));
                bool same = expected.AsSpan(block * 4096, length).SequenceEqual(content.AsSpan(block * 4096, length));
                Assert.True(same || written.Contains(block), $"seed {_seed}: block {block} has changed and is not said to be written");
            }
        }

        Assert.Equal(content, File.ReadAllBytes(image));
    }

    [Fact]
    public void An_overlay_holds_what_was_written_and_QEMU_reads_the_same()
    {
        string image = Image(out byte[] content);
        string overlay = _folder.File("overlay.qcow2");
        byte[] expected;
        using (var disk = Qcow2Overlay.Create(overlay, OpenedDisk.Open(image, DiskFormat.Raw).Image, image, DiskFormat.Raw))
        {
            expected = Play(disk, content, new Random(_seed), 400);
            AssertHolds(expected, disk);
        }

        Assert.Equal(content, File.ReadAllBytes(image));
        AssertIsWhole(overlay, expected);
    }

    [Fact]
    public void An_overlay_whose_process_was_killed_holds_everything_that_was_written()
    {
        string image = Image(out byte[] content);
        string overlay = _folder.File("overlay.qcow2");
        string copy = _folder.File("copy.qcow2");
        Random random = new(_seed);
        using var disk = Qcow2Overlay.Create(overlay, OpenedDisk.Open(image, DiskFormat.Raw).Image, image, DiskFormat.Raw);
        byte[] expected = content;
        for (int kill = 0; kill < 10; kill++)
        {
            expected = Play(disk, expected, random, 30);
            File.Copy(overlay, copy, overwrite: true);
            using OpenedDisk left = OpenedDisk.Open(copy, null);
            AssertHolds(expected, left.Image);
        }

        // Marked dirty, as it was left; QEMU repairs the reference counts.
        QemuImg.Run("check", "-q", "-r", "all", copy);
        AssertIsWhole(copy, expected);
    }

    [Fact]
    public void An_overlay_of_an_overlay_of_a_packed_image_reads_through_all_of_them()
    {
        string raw = Image(out byte[] content);
        string packed = _folder.File("packed.qcow2");
        QemuImg.Run("convert", "-f", "raw", "-O", "qcow2", "-c", raw, packed);
        string first = _folder.File("first.qcow2");
        byte[] expected;
        using (var disk = Qcow2Overlay.Create(first, OpenedDisk.Open(packed, null).Image, packed, DiskFormat.Qcow2))
        {
            expected = Play(disk, content, new Random(_seed), 50);
        }

        string second = _folder.File("second.qcow2");
        using (var disk = Qcow2Overlay.Create(second, OpenedDisk.Open(first, null).Image, first, DiskFormat.Qcow2))
        {
            expected = Play(disk, expected, new Random(_seed + 1), 50);
        }

        AssertIsWhole(second, expected);
    }

    [Fact]
    public void An_overlay_that_exists_is_never_written_over()
    {
        string image = Image(out _);
        string overlay = _folder.File("overlay.qcow2");
        File.WriteAllText(overlay, "precious");
        using OpenedDisk opened = OpenedDisk.Open(image, DiskFormat.Raw);
        Assert.Throws<ReplayKitException>(() => Qcow2Overlay.Create(overlay, opened.Image, image, DiskFormat.Raw));
        Assert.Equal("precious", File.ReadAllText(overlay));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_image_that_is_written_through_can_be_read_as_it_was(bool durable)
    {
        string image = Image(out byte[] content);
        string before = _folder.File("before.qcow2");
        byte[] expected;
        using (WriteThroughDisk disk = WriteThroughDisk.Open(image, Qcow2Overlay.Create(before, OpenedDisk.Open(image, DiskFormat.Raw).Image, image, DiskFormat.Raw), durable))
        {
            expected = Play(disk, content, new Random(_seed), 200);
            disk.Flush();
            AssertHolds(expected, disk);
        }

        Assert.Equal(expected, File.ReadAllBytes(image));
        AssertIsWhole(before, content);
    }

    [Fact]
    public void A_raw_image_of_half_a_sector_ends_with_zeros()
    {
        string image = _folder.File("odd.raw");
        File.WriteAllBytes(image, [.. Enumerable.Repeat((byte)7, 700)]);
        using OpenedDisk opened = OpenedDisk.Open(image, null);
        byte[] bytes = new byte[1024];
        opened.Image.Read(0, bytes);
        Assert.Equal(1024, opened.Image.Bytes);
        Assert.Equal([.. Enumerable.Repeat((byte)7, 700), .. new byte[324]], bytes);
    }

    [Fact]
    public void A_file_is_told_from_another_by_size_and_sample()
    {
        string image = Image(out byte[] content);
        DiskFile known = Identity(image);
        Assert.Equal(known, Identity(image));
        foreach (int at in (int[])[0, 10_000, Size - 1])
        {
            content[at] ^= 1;
            File.WriteAllBytes(image, content);
            Assert.NotEqual(known, Identity(image));
            content[at] ^= 1;
        }

        File.WriteAllBytes(image, [.. content, .. new byte[512]]);
        Assert.NotEqual(known, Identity(image));
    }

    private static DiskFile Identity(string image)
    {
        using OpenedDisk opened = OpenedDisk.Open(image, DiskFormat.Raw);
        return opened.Files[0];
    }

    // Random writes and reads, each compared at once.
    private byte[] Play(IDisk disk, byte[] content, Random random, int steps)
    {
        byte[] expected = [.. content];
        for (int step = 0; step < steps; step++)
        {
            int at = random.Next(4) == 0 ? random.Next(Size) : random.Next(Size / 512) * 512;
            int length = Math.Min(Size - at, random.Next(3) switch { 0 => 4096, 1 => random.Next(20_000), _ => random.Next(600_000) });
            if (random.Next(3) == 0)
            {
                byte[] read = new byte[length];
                disk.Read(at, read);
                Assert.True(expected.AsSpan(at, length).SequenceEqual(read), $"seed {_seed}: {length} bytes at {at} differ");
            }
            else
            {
                random.NextBytes(expected.AsSpan(at, length));
                disk.Write(at, expected.AsSpan(at, length));
            }
        }

        return expected;
    }

    private void AssertHolds(byte[] expected, IDiskImage disk)
    {
        byte[] bytes = new byte[disk.Bytes];
        disk.Read(0, bytes);
        Assert.True(expected.AsSpan().SequenceEqual(bytes), $"seed {_seed}");
    }

    private void AssertIsWhole(string overlay, byte[] expected)
    {
        Assert.Contains("No errors were found", QemuImg.Run("check", overlay), StringComparison.Ordinal);
        string raw = _folder.File("converted.raw");
        QemuImg.Run("convert", "-f", "qcow2", "-O", "raw", overlay, raw);
        Assert.True(expected.AsSpan().SequenceEqual(File.ReadAllBytes(raw)), $"seed {_seed}");
        using OpenedDisk opened = OpenedDisk.Open(overlay, null);
        AssertHolds(expected, opened.Image);
    }

    private string Image(out byte[] content)
    {
        content = new byte[Size];
        new Random(_seed).NextBytes(content);
        string path = _folder.File("image.raw");
        File.WriteAllBytes(path, content);
        return path;
    }
}
