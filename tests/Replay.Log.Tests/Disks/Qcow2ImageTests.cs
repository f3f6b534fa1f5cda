using System.Buffers.Binary;
using Guest.Machine;
using Replay.Log.Disks;
using Replay.Log.Tests.Support;

namespace Replay.Log.Tests.Disks;

/// <summary>Images that QEMU's tools made, against what QEMU's tools read in them.</summary>
public sealed class Qcow2ImageTests : IDisposable
{
    private const int Size = 5 << 20;
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("compat=1.1")]
    [InlineData("compat=0.10")]
    [InlineData("compat=1.1,cluster_size=512")]
    [InlineData("compat=1.1,cluster_size=2097152")]
    [InlineData("compat=1.1,lazy_refcounts=on")]
    [InlineData("compat=1.1,refcount_bits=1")]
    public void An_image_reads_as_QEMU_reads_it(string options)
    {
        string image = Create("image.qcow2", options);
        QemuImg.Write(image, "qcow2", "write -P 0x11 0 1M", "write -P 0x22 3M 4k", "write -P 0x33 1048064 1024", "discard 512k 64k", $"write -z 64k 64k", "write -P 0x44 5242368 512");
        AssertReadsAsQemu(image, "qcow2");
    }

    [Theory]
    [InlineData("zlib")]
    [InlineData("zstd")]
    public void Compressed_clusters_are_unpacked(string compression)
    {
        string raw = _folder.File("raw");
        File.WriteAllBytes(raw, Mixed(new Random(1)));
        string image = _folder.File("compressed.qcow2");
        QemuImg.Run("convert", "-f", "raw", "-O", "qcow2", "-c", "-o", $"compression_type={compression}", raw, image);
        Assert.Equal(File.ReadAllBytes(raw), ReadAll(image));
    }

    [Fact]
    public void What_an_image_does_not_have_is_in_its_backing_files()
    {
        string bottom = _folder.File("bottom.raw");
        File.WriteAllBytes(bottom, Mixed(new Random(2))[..(3 << 20)]);
        string middle = Create("middle.qcow2", "compat=1.1", "-b", "bottom.raw", "-F", "raw");
        QemuImg.Write(middle, "qcow2", "write -P 0x55 1M 128k", "write -z 2M 64k");
        string top = Create("top.qcow2", "compat=1.1,cluster_size=4096", "-b", middle, "-F", "qcow2");
        QemuImg.Write(top, "qcow2", "write -P 0x66 1100k 8k");
        AssertReadsAsQemu(top, "qcow2");
        using OpenedDisk opened = OpenedDisk.Open(top, null);
        Assert.Equal([top, middle, bottom], opened.Files.Select(file => file.Path));
        Assert.Equal([DiskFormat.Qcow2, DiskFormat.Qcow2, DiskFormat.Raw], opened.Files.Select(file => file.Format));
    }

    [Fact]
    public void Internal_snapshots_do_not_matter()
    {
        string image = Create("image.qcow2", "compat=1.1");
        QemuImg.Write(image, "qcow2", "write -P 0x11 0 1M");
        QemuImg.Run("snapshot", "-c", "before", image);
        QemuImg.Write(image, "qcow2", "write -P 0x22 64k 512");
        AssertReadsAsQemu(image, "qcow2");
    }

    [Theory]
    [InlineData("extended_l2=on", "'extended L2 entries' (bit 4)")]
    [InlineData("data_file=data.raw", "'external data file' (bit 2)")]
    public void An_incompatible_feature_that_is_not_known_is_refused_by_name(string option, string name)
    {
        string image = Create("image.qcow2", option);
        Refused(702, name, image);
    }

    [Fact]
    public void A_feature_of_the_future_is_refused_by_the_name_that_the_image_gives_it()
    {
        string image = Create("image.qcow2", "compat=1.1");
        byte[] bytes = File.ReadAllBytes(image);
        bytes[72] |= 0x80;
        int table = Find(bytes, [0x68, 0x03, 0xF8, 0x57]) + 8;
        bytes[table] = 0;
        bytes[table + 1] = 63;
        "time travel\0"u8.CopyTo(bytes.AsSpan(table + 2));
        File.WriteAllBytes(image, bytes);
        Refused(702, "'time travel' (bit 63)", image);
    }

    [Fact]
    public void An_image_that_is_marked_as_corrupt_is_refused()
    {
        string image = Create("image.qcow2", "compat=1.1");
        byte[] bytes = File.ReadAllBytes(image);
        bytes[79] |= 2;
        File.WriteAllBytes(image, bytes);
        Refused(701, "marked as corrupt", image);
    }

    [Fact]
    public void An_encrypted_image_is_refused()
    {
        string image = Create("image.qcow2", "compat=1.1");
        byte[] bytes = File.ReadAllBytes(image);
        bytes[35] = 2;
        File.WriteAllBytes(image, bytes);
        Refused(702, "encryption", image);
    }

    [Fact]
    public void A_chain_that_runs_in_a_circle_is_refused()
    {
        string one = Create("one.qcow2", "compat=1.1");
        string two = Create("two.qcow2", "compat=1.1", "-b", one, "-F", "qcow2");
        QemuImg.Run("rebase", "-u", "-f", "qcow2", "-b", two, "-F", "qcow2", one);
        Refused(703, "more than 32 backing files", two);
    }

    [Theory]
    [InlineData("nbd:localhost:10809")]
    [InlineData("json:{}")]
    public void A_backing_file_that_is_no_file_is_refused(string name)
    {
        string image = Create("image.qcow2", "compat=1.1");
        QemuImg.Run("rebase", "-u", "-f", "qcow2", "-b", name, "-F", "raw", image);
        Refused(702, name, image);
    }

    [Fact]
    public void A_missing_file_is_said_to_be_missing()
    {
        Refused(700, "nothing.img", _folder.File("nothing.img"));
        string image = Create("image.qcow2", "compat=1.1");
        QemuImg.Run("rebase", "-u", "-f", "qcow2", "-b", "gone.raw", "-F", "raw", image);
        Refused(700, "gone.raw", image);
    }

    [Theory]
    [InlineData(24, ulong.MaxValue)]
    [InlineData(24, 1ul << 60)]
    [InlineData(24, 511ul)]
    [InlineData(40, ulong.MaxValue)]
    [InlineData(40, 1ul << 40)]
    [InlineData(20, 0xFFul)]
    [InlineData(36, 0x7FFF_FFFF_0000_0000ul)]
    public void A_header_that_cannot_be_is_damage(int offset, ulong value)
    {
        string image = Create("image.qcow2", "compat=1.1");
        byte[] bytes = File.ReadAllBytes(image);
        BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(offset), value);
        File.WriteAllBytes(image, bytes);
        ReplayKitException error = Assert.Throws<ReplayKitException>(() => OpenedDisk.Open(image, null));
        Assert.InRange(error.Code, 701, 702);
    }

    [Fact]
    public void A_table_that_points_behind_the_file_is_damage_where_it_is_read()
    {
        string image = Create("image.qcow2", "compat=1.1");
        QemuImg.Write(image, "qcow2", "write -P 0x11 0 64k");
        byte[] bytes = File.ReadAllBytes(image);
        ulong l1 = BinaryPrimitives.ReadUInt64BigEndian(bytes.AsSpan(40));
        BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan((int)l1), (1ul << 63) | (1ul << 40));
        File.WriteAllBytes(image, bytes);
        using OpenedDisk opened = OpenedDisk.Open(image, null);
        ReplayKitException error = Assert.Throws<ReplayKitException>(() => opened.Image.Read(0, new byte[512]));
        Assert.Equal(701, error.Code);
    }

    [Fact]
    public void A_mutated_image_is_read_or_refused_by_name() => Mutate(MutationSource());

    [Fact]
    public void A_mutated_overlay_is_read_or_refused_by_name()
    {
        string image = _folder.File("under.raw");
        File.WriteAllBytes(image, Mixed(new Random(5))[..(128 << 10)]);
        string overlay = _folder.File("overlay.qcow2");
        using (var disk = Qcow2Overlay.Create(overlay, OpenedDisk.Open(image, DiskFormat.Raw).Image, image, DiskFormat.Raw))
        {
            for (int block = 0; block < 32; block += 3)
            {
                disk.Write(block << 12, new byte[5000 + block].AsSpan(0, Math.Min(5000 + block, (128 << 10) - (block << 12))));
            }
        }

        Mutate(File.ReadAllBytes(overlay));
    }

    private static void Mutate(byte[] whole)
    {
        string file = Path.Combine(Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath(), $"replaykit-{Guid.NewGuid()}.qcow2");
        try
        {
            Fuzz.Run(3000, random =>
            {
                byte[] mutated = [.. whole];
                for (int changes = random.Next(1, 6); changes > 0; changes--)
                {
                    // Most of what matters is in the header and in the tables.
                    int at = random.Next(3) == 0 ? random.Next(mutated.Length) : random.Next(random.Next(2) == 0 ? 200 : 4096 * 5) % mutated.Length;
                    mutated[at] = random.Next(3) switch { 0 => (byte)(mutated[at] ^ (1 << random.Next(8))), 1 => (byte)random.Next(256), _ => 0xFF };
                }

                File.WriteAllBytes(file, random.Next(8) == 0 ? mutated[..random.Next(mutated.Length)] : mutated);
                return IsRefused(file);
            });
        }
        finally
        {
            File.Delete(file);
        }
    }

    // 128 KiB in clusters of 4 KiB, some compressed, some zero, some written plainly.
    private byte[] MutationSource()
    {
        string raw = _folder.File("small.raw");
        File.WriteAllBytes(raw, Mixed(new Random(3))[..(128 << 10)]);
        string image = _folder.File("small.qcow2");
        QemuImg.Run("convert", "-f", "raw", "-O", "qcow2", "-c", "-o", "cluster_size=4096", raw, image);
        QemuImg.Write(image, "qcow2", "write -P 0x11 16k 12k", "write -z 64k 4k");
        return File.ReadAllBytes(image);
    }

    private static bool IsRefused(string file)
    {
        try
        {
            using OpenedDisk opened = OpenedDisk.Open(file, DiskFormat.Qcow2);
            byte[] bytes = new byte[4096];
            for (long at = 0; at + bytes.Length <= Math.Min(opened.Image.Bytes, 128 << 10); at += bytes.Length)
            {
                opened.Image.Read(at, bytes);
            }

            opened.Image.Read(opened.Image.Bytes - 512, bytes.AsSpan(0, 512));
            return false;
        }
        catch (ReplayKitException error) when (error.Code is >= 700 and <= 703)
        {
            return true;
        }
    }

    private static int Find(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> what) => bytes.IndexOf(what);

    private string Create(string name, string options, params string[] more)
    {
        string path = _folder.File(name);
        string size = more.Length == 0 || name == "middle.qcow2" ? Size.ToString(System.Globalization.CultureInfo.InvariantCulture) : "5M";
        options = options.Replace("data_file=", $"data_file={_folder.Path}/", StringComparison.Ordinal);
        QemuImg.Run(["create", "-q", "-f", "qcow2", "-o", options, .. more, path, size]);
        return path;
    }

    private void AssertReadsAsQemu(string image, string format)
    {
        string raw = _folder.File("converted.raw");
        QemuImg.Run("convert", "-f", format, "-O", "raw", image, raw);
        byte[] expected = File.ReadAllBytes(raw);
        Assert.Equal(expected, ReadAll(image));
        Random random = new(4);
        using OpenedDisk opened = OpenedDisk.Open(image, null);
        for (int i = 0; i < 300; i++)
        {
            int at = random.Next(expected.Length);
            byte[] part = new byte[random.Next(Math.Min(200_000, expected.Length - at) + 1)];
            opened.Image.Read(at, part);
            Assert.True(expected.AsSpan(at, part.Length).SequenceEqual(part), $"{part.Length} bytes at {at} differ");
        }
    }

    private static byte[] ReadAll(string image)
    {
        using OpenedDisk opened = OpenedDisk.Open(image, null);
        byte[] bytes = new byte[opened.Image.Bytes];
        opened.Image.Read(0, bytes);
        return bytes;
    }

    private static void Refused(int code, string what, string image)
    {
        ReplayKitException error = Assert.Throws<ReplayKitException>(() => OpenedDisk.Open(image, null));
        Assert.Equal((code, ExitCode.BadInput), (error.Code, error.ExitCode));
        Assert.Contains(what, error.Message, StringComparison.Ordinal);
    }

    // Zeros, text that packs well and bytes that do not, in turn.
    private static byte[] Mixed(Random random)
    {
        byte[] bytes = new byte[Size];
        for (int at = 0; at < Size; at += 32 << 10)
        {
            switch (at >> 15 & 3)
            {
                case 1: bytes.AsSpan(at, 32 << 10).Fill((byte)random.Next(256)); break;
                case 2: random.NextBytes(bytes.AsSpan(at, 32 << 10)); break;
                case 3: random.NextBytes(bytes.AsSpan(at, 500)); break;
                default: break;
            }
        }

        return bytes;
    }
}
