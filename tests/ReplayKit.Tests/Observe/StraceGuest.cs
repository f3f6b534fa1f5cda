using ReplayKit.Tests.Command;

namespace ReplayKit.Tests.Observe;

/// <summary>A recording of a guest in which Debian's strace watches a shell with pipes, Python and programs with unusual system calls (samples/guest/programs/strace).</summary>
public sealed class StraceGuest : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    /// <summary>Builds the guest records it and has plugins watch the replay.</summary>
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
        CommandResult analyze = ReplayKitCommand.Run("analyze", Recording, "system-calls", "timeline", "interrupts", "--out", Results, "--format", "csv");
        Assert.True(analyze.ExitCode == 0, analyze.Error);
        Interrupts = [.. record.Output.ReplaceLineEndings("\n").Split('\n').SkipWhile(line => line != "@@ interrupts").Skip(2).TakeWhile(line => line.Contains(':', StringComparison.Ordinal))];
        Trace = [.. record.Output.ReplaceLineEndings("\n").Split('\n').SkipWhile(line => line != "@@ trace").Skip(1).TakeWhile(line => line != "@@ traced")];
    }

    /// <summary>The recording.</summary>
    public string Recording => _folder.File("strace.rk");

    /// <summary>What strace wrote down in the guest.</summary>
    public IReadOnlyList<string> Trace { get; }

    /// <summary>What the guest said of its interrupts at the end (/proc/interrupts).</summary>
    public IReadOnlyList<string> Interrupts { get; }

    /// <summary>What the plugins found: their files.</summary>
    public string Results => _folder.File("results");

    /// <summary>The rows of a table that a plugin made, each by its columns' names.</summary>
    public IEnumerable<Dictionary<string, string>> Rows(string table)
    {
        string[][] lines = [.. File.ReadLines(Path.Combine(Results, table + ".csv")).Select(line => line.Split(','))];
        return lines.Skip(1).Select(line => lines[0].Zip(line).ToDictionary());
    }

    /// <inheritdoc/>
    public void Dispose() => _folder.Dispose();
}
