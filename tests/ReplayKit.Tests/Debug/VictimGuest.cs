using System.Diagnostics;
using ReplayKit.Tests.Command;

namespace ReplayKit.Tests.Debug;

/// <summary>A recording of a Debian guest in which a program dies of a planted corruption (victim.c), and one with threads counts (pair.c), with checkpoints.</summary>
public sealed class VictimGuest : IDisposable
{
    private const string Loader = "/lib64/ld-linux-x86-64.so.2", Library = "/lib/x86_64-linux-gnu/libc.so.6";
    private readonly TemporaryFolder _folder = new();

    public VictimGuest()
    {
        Dictionary<string, string> guest = Programs.Run(Checkout.Path("samples", "guest", "fetch.sh"))
            .Split('\n', StringSplitOptions.RemoveEmptyEntries).ToDictionary(line => line.Split('=')[0], line => line.Split('=')[1]);
        string tests = Checkout.Path("tests", "ReplayKit.Tests", "Debug");
        Programs.Run("gcc", "-O1", "-g", "-static", "-no-pie", "-o", Program, Path.Combine(tests, "victim.c"));
        Programs.Run("gcc", "-O1", "-g", "-o", Pair, Path.Combine(tests, "pair.c"));
        string initrd = _folder.File("victim.cpio.gz");
        Programs.Run(
            Checkout.Path("samples", "guest", "initramfs.sh"), "--busybox", guest["busybox"], "--script", Path.Combine(tests, "victim.sh"), "--file", $"{Program}:/bin/victim",
            "--file", $"{Pair}:/bin/pair", "--file", $"{Loader}:{Loader}", "--file", $"{Library}:{Library}", "--modules", guest["modules"], "--module", "pvpanic-pci", "-o", initrd);
        CommandResult record = ReplayKitCommand.Run(
            "record", "--kernel", guest["vmlinuz"], "--initrd", initrd, "--append", "console=ttyS0 quiet", "--memory", "512M", "-o", Recording);
        Assert.True(record.ExitCode == 0, record.Error);
        Assert.Contains("victim ended with 139", record.Output, StringComparison.Ordinal);
        Assert.Contains("counted to 1000 and 1000", record.Output, StringComparison.Ordinal);
        CommandResult checkpoint = ReplayKitCommand.Run("checkpoint", Recording, "--every", "300ms");
        Assert.True(checkpoint.ExitCode == 0, checkpoint.Error);
    }

    /// <summary>The program's file.</summary>
    public string Program => _folder.File("victim");

    /// <summary>The file of the program with threads.</summary>
    public string Pair => _folder.File("pair");

    /// <summary>The recording.</summary>
    public string Recording => _folder.File("victim.rk");

    /// <summary>Where the threads of the second program are busy, once a test has found it.</summary>
    public string? PairIsBusyAt { get; set; }

    /// <summary>Lets the command <c>debug</c> start gdb, which runs commands and leaves.</summary>
    /// <returns>Everything it printed.</returns>
    public string Debug(string at, params string[] commands) => DebugProcess(null, at, commands);

    /// <summary>The same with the threads of a process.</summary>
    public string DebugProcess(string? process, string at, params string[] commands)
    {
        List<string> arguments = [ReplayKitCommand.Assembly, "debug", Recording, "--at", at, .. process is null ? Array.Empty<string>() : ["--process", process], "--", "-nh", "-batch", "-ex", "set pagination off"];
        foreach (string command in commands)
        {
            arguments.AddRange(["-ex", command]);
        }

        using Process gdb = Process.Start(new ProcessStartInfo("dotnet", arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })!;
        gdb.StandardInput.Close();
        Task<string> error = gdb.StandardError.ReadToEndAsync();
        string output = gdb.StandardOutput.ReadToEnd();
        gdb.WaitForExit();
        Assert.True(gdb.ExitCode == 0, output + error.GetAwaiter().GetResult());
        return output + error.GetAwaiter().GetResult();
    }

    public void Dispose() => _folder.Dispose();
}
