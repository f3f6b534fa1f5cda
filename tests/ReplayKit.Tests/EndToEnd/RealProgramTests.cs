using ReplayKit.Tests.Command;

namespace ReplayKit.Tests.EndToEnd;

/// <summary>Real programs as guests: the short form of bench/real_programs.py.</summary>
/// <param name="guest">The guest that runs them.</param>
public sealed class RealProgramTests(ProgramsGuest guest) : IClassFixture<ProgramsGuest>
{
    [MountNamespaceTheory]
    [InlineData("x86-64-v2")]
    [InlineData("x86-64-v3")]
    public void Floats_vectors_x87_and_a_JIT_compute_in_a_guest_what_they_compute_on_the_host(string model)
    {
        string recording = guest.File($"{model}.rk");
        string kernel = Programs.Run(Checkout.Path("samples", "guest", "fetch.sh"), "6.1").Split('\n')
            .First(line => line.StartsWith("vmlinuz=", StringComparison.Ordinal))["vmlinuz=".Length..];
        CommandResult record = ReplayKitCommand.Run(
            "record", "--kernel", kernel, "--initrd", guest.Initramfs, "--append", "console=ttyS0 quiet", "--memory", "512M", "--cpu", model, "-o", recording);
        Assert.True(record.ExitCode == 0, record.Error);
        string[] found = ProgramsGuest.Session(record.Output);
        Assert.All(ProgramsGuest.Names, name => Assert.Contains($"PASS {name}", found));
        Assert.Equal(guest.OnTheHost(model), found);

        CommandResult verify = ReplayKitCommand.Run("verify", recording);
        Assert.True(verify.ExitCode == 0, verify.Error);
    }
}
