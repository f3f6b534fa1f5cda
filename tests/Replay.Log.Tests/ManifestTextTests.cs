using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Guest.Machine;
using Guest.Machine.Board;
using Replay.Log.Disks;
using Replay.Log.Manifests;
using Replay.Log.Tests.Support;

namespace Replay.Log.Tests;

public sealed class ManifestTextTests
{
    private static readonly ManifestJson s_generated =
        new(new JsonSerializerOptions(ManifestJson.Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    private static readonly Manifest s_everything = Samples.Manifest with
    {
        Start = new RecordingStart("0:5f2c119a", new string('b', 64)),
        Rolling = true,
        Initrd = new FileIdentity("/boot/größer \"initrd\"", long.MaxValue, new string('c', 64)),
        Machine = Samples.Manifest.Machine with
        {
            MemoryHashKey = new Hash128(ulong.MaxValue, ulong.MaxValue),
            ClockMode = ClockMode.Host,
            MemoryBytes = ulong.MaxValue,
            Pci =
            [
                new PanicDescription { Slot = 1, Name = "panic0" },
                new EntropyDescription { Slot = 2, Name = "rng0" },
                new BlockDescription { Slot = 3, Name = "disk0", Bytes = 1UL << 40, ReadOnly = true, Serial = "a serial" },
                new ConsoleDescription { Slot = 5, Name = "console0", Columns = 132, Rows = 50 },
                new NetworkDescription { Slot = 4, Name = "net0", Mac = "52:54:00:12:34:56", Mtu = 65520 },
            ],
        },
        Disks =
        [
            new RecordedDisk(3, [new DiskFile("/a.qcow2", DiskFormat.Qcow2, 7, "d"), new DiskFile("/b.raw", DiskFormat.Raw, 1L << 40, "e")], "overlay/disk0.qcow2", null),
            new RecordedDisk(5, [], null, "before"),
        ],
    };

    [Fact]
    public void A_manifest_is_written_as_the_generated_code_would() => AssertAsGenerated(Samples.Manifest);

    [Fact]
    public void A_manifest_with_everything_is_written_as_the_generated_code_would() => AssertAsGenerated(s_everything);

    [Fact]
    public void A_manifest_with_nothing_is_written_as_the_generated_code_would() =>
        AssertAsGenerated(s_everything with { Start = new RecordingStart("0:0", null), Initrd = null, Disks = [], Machine = s_everything.Machine with { MemoryHashKey = null, Cpuid = [], Pci = [] } });

    private static void AssertAsGenerated(Manifest manifest) =>
        Assert.Equal(JsonSerializer.Serialize(manifest, s_generated.Manifest) + "\n", Encoding.UTF8.GetString(manifest.ToJson()));
}
