using ReplayKit.Tests.Command;

namespace ReplayKit.Tests.EndToEnd;

/// <summary>The bare-metal guest that drives virtio devices (Guests/devices.c), compiled once.</summary>
public sealed class DevicesGuest : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    /// <summary>Compiles the guest.</summary>
    public DevicesGuest() => Programs.Run(Checkout.Path("tests", "ReplayKit.Tests", "Guests", "build.sh"), Kernel, "devices");

    /// <summary>The guest's ELF file.</summary>
    public string Kernel => _folder.File("devices");

    /// <summary>A path for something that a test makes.</summary>
    public string File(string name) => _folder.File(name);

    /// <summary>A raw image of some MiB of noise.</summary>
    public string Image(string name, int mebibytes, int seed = 1)
    {
        byte[] content = new byte[mebibytes << 20];
        new Random(seed).NextBytes(content);
        System.IO.File.WriteAllBytes(File(name), content);
        return File(name);
    }

    /// <summary>The arguments that record the guest.</summary>
    public string[] RecordArguments(string name, string steps, params string[] more) =>
        ["record", "--kernel", Kernel, "--append", steps, "--memory", "64M", "-o", File(name), .. more];

    /// <summary>Records, expects that the guest got through all its steps, and verifies.</summary>
    /// <returns>What the guest printed.</returns>
    internal string Record(string name, string steps, params string[] more)
    {
        CommandResult result = ReplayKitCommand.Run(RecordArguments(name, steps, more));
        Assert.True(result.ExitCode == 0 && result.Output.EndsWith("done\n", StringComparison.Ordinal), result.Output + result.Error);
        Verify(name);
        return result.Output;
    }

    /// <summary>Verifies, and compares the console text of a replay with the recorded one.</summary>
    /// <param name="name">The recording.</param>
    /// <param name="recorded">The one whose console text it must have; null for its own.</param>
    internal void Verify(string name, string? recorded = null)
    {
        CommandResult verify = ReplayKitCommand.Run("verify", File(name));
        Assert.True(verify.ExitCode == 0, verify.Error);
        CommandResult replay = ReplayKitCommand.Run("replay", File(name));
        Assert.True(replay.ExitCode == 0, replay.Error);
        Assert.Equal(System.IO.File.ReadAllText(Path.Combine(File(recorded ?? name), "console.log")), replay.Output);
    }

    /// <inheritdoc/>
    public void Dispose() => _folder.Dispose();
}
