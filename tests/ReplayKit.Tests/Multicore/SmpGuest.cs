using Guest.Machine.Board;
using Guest.Machine.Board.Boot;
using ReplayKit.Tests.Command;
using Vmm.Record;

namespace ReplayKit.Tests.Multicore;

/// <summary>A bare-metal guest for several processors (Guests/smp.c), compiled once.</summary>
public class SmpGuest : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    /// <summary>Compiles the guest.</summary>
    public SmpGuest()
        : this("smp")
    {
    }

    /// <summary>Compiles another one that takes the same command line and ends the same way.</summary>
    internal SmpGuest(string name)
    {
        Kernel = _folder.File(name);
        Programs.Run(Checkout.Path("tests", "ReplayKit.Tests", "Guests", "build.sh"), Kernel, name);
    }

    /// <summary>The guest's ELF file.</summary>
    public string Kernel { get; }

    /// <summary>A path for something that a test makes.</summary>
    public string File(string name) => _folder.File(name);

    /// <summary>Records and expects that the guest powered off.</summary>
    /// <returns>What the guest printed, by name.</returns>
    internal Dictionary<string, long> Record(string name, int cpus, int rounds, params string[] more)
    {
        string[] arguments =
        [
            "record", "--kernel", Kernel, "--append", $"cpus={cpus} rounds={rounds}", "--memory", "64M", "--cpus", $"{cpus}", "-o", File(name), .. more,
        ];
        CommandResult result = ReplayKitCommand.Run(arguments);
        Assert.True(result.ExitCode == 0 && result.Error.Contains("power-off", StringComparison.Ordinal), result.Output + result.Error);
        return Values(result.Output);
    }

    /// <summary>What the guest prints, by name.</summary>
    internal static Dictionary<string, ulong> Numbers(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries)
        .ToDictionary(line => line[..line.LastIndexOf(' ')], line => ulong.Parse(line[(line.LastIndexOf(' ') + 1)..], System.Globalization.CultureInfo.InvariantCulture));

    /// <summary>The same as signed numbers.</summary>
    internal static Dictionary<string, long> Values(string text) => Numbers(text).ToDictionary(pair => pair.Key, pair => (long)pair.Value);

    /// <summary>The guest as a machine boots it.</summary>
    internal LinuxImages Images(int cpus, int rounds) => MachineFiles.Load(Kernel, null, $"cpus={cpus} rounds={rounds}").Images;

    /// <summary>A machine for it under a virtual clock.</summary>
    internal static MachineDescription Describe(int cpus, TurnsDescription turns) =>
        MachineSetup.Describe("x86-64-v3", 64UL << 20, cpus, ClockMode.Virtual) with { Turns = turns };

    /// <inheritdoc/>
    public void Dispose()
    {
        _folder.Dispose();
        GC.SuppressFinalize(this);
    }
}
