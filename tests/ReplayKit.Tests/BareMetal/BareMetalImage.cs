using ReplayKit.Tests.Command;

namespace ReplayKit.Tests.BareMetal;

/// <summary>The bare-metal suite (tests/baremetal), built once, and its run on each CPU model.</summary>
public sealed class BareMetalImage : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Dictionary<string, BareMetalReport> _reports = [];

    /// <summary>Builds the image.</summary>
    public BareMetalImage() => Programs.Run(Checkout.Path("tests", "baremetal", "build.sh"), File);

    /// <summary>The image: an ELF file.</summary>
    public string File => _folder.File("image.elf");

    /// <summary>A path for something that a test makes.</summary>
    public string Path(string name) => _folder.File(name);

    /// <summary>What the suite says under ReplayKit.</summary>
    internal BareMetalReport OnReplayKit(string cpu)
    {
        if (!_reports.TryGetValue(cpu, out BareMetalReport? report))
        {
            CommandResult result = ReplayKitCommand.Run("run", "--kernel", File, "--memory", "128M", "--cpu", cpu, "--clock", "virtual");
            Assert.True(result.ExitCode == 0, result.Error + result.Output[Math.Max(0, result.Output.Length - 500)..]);
            _reports[cpu] = report = BareMetalReport.Read(result.Output);
        }

        return report;
    }

    /// <summary>What it says under QEMU's TCG, which ends it by its exit device.</summary>
    internal BareMetalReport OnQemu()
    {
        const string Script = """
            timeout 300 qemu-system-x86_64 -accel tcg -cpu max,vendor=GenuineIntel -m 128 -kernel "$0" -display none -monitor none -serial stdio \
                -no-reboot -device isa-debug-exit,iobase=0xf4,iosize=4 || [ $? -lt 124 ]
            """;
        return BareMetalReport.Read(Programs.Run("sh", "-c", Script, File));
    }

    /// <inheritdoc/>
    public void Dispose() => _folder.Dispose();
}
