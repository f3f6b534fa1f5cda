using ReplayKit.Tests.Command;

namespace ReplayKit.Tests.Observe;

/// <summary>A recording of a guest in which Debian's strace watches a shell with pipes, Python and programs with unusual system calls (samples/guest/programs/strace).</summary>
public sealed class StraceGuest : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    /// <summary>Builds the guest and records it.</summary>
    public StraceGuest()
    {
        Programs.Run(Checkout.Path("samples", "guest", "programs.sh"), "strace", _folder.Path);
        string kernel = Programs.Run(Checkout.Path("samples", "guest", "fetch.sh"), "6.1").Split('\n')
            .First(line => line.StartsWith("vmlinuz=", StringComparison.Ordinal))["vmlinuz=".Length..];
        CommandResult record = ReplayKitCommand.Run(
            "record", "--kernel", kernel, "--initrd", _folder.File("initramfs.cpio"), "--append", "console=ttyS0 quiet", "--memory", "512M", "--clock", "virtual",
            "--instructions", "20000000000", "-o", Recording);
        Assert.True(record.ExitCode == 0, record.Error);
        Assert.Contains("PASS strace", record.Output, StringComparison.Ordinal);
        Trace = [.. record.Output.ReplaceLineEndings("\n").Split('\n').SkipWhile(line => line != "@@ trace").Skip(1).TakeWhile(line => line != "@@ traced")];
    }

    /// <summary>The recording.</summary>
    public string Recording => _folder.File("strace.rk");

    /// <summary>What strace wrote down in the guest.</summary>
    public IReadOnlyList<string> Trace { get; }

    /// <summary>A path for something that a test makes.</summary>
    public string File(string name) => _folder.File(name);

    /// <inheritdoc/>
    public void Dispose() => _folder.Dispose();
}
