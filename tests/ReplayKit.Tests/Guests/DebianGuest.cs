using System.Diagnostics;
using Guest.Machine.Board.Boot;
using Vmm.Record;

namespace ReplayKit.Tests.Guests;

/// <summary>Debian's stock kernel with a busybox initramfs, fetched once by the scripts under samples/guest.</summary>
internal static class DebianGuest
{
    private static readonly Lazy<string> KernelPath = new(() => Run("samples/guest/fetch.sh", "6.1").Split('\n').First(line => line.StartsWith("vmlinuz=", StringComparison.Ordinal))["vmlinuz=".Length..].Trim('\'', '"'));
    private static readonly Lazy<string> InitrdPath = new(() => Initramfs("samples/guest/demo-session.sh"));

    /// <summary>The kernel of Debian 12.</summary>
    public static string Kernel => KernelPath.Value;

    /// <summary>An initramfs whose init runs the demonstration's commands and powers off.</summary>
    public static string Initrd => InitrdPath.Value;

    /// <summary>Both with a command line.</summary>
    public static LinuxImages Images { get; } = MachineFiles.Load(Kernel, Initrd, "console=ttyS0").Images;

    /// <summary>Builds an initramfs that runs a script.</summary>
    public static string Initramfs(string script)
    {
        string output = Path.Combine(Path.GetTempPath(), $"replaykit-{Environment.ProcessId}-{Path.GetFileNameWithoutExtension(script)}.cpio.gz");
        _ = Run("samples/guest/initramfs.sh", "--script", Path.Combine(Checkout.Root, script), "-o", output);
        return output;
    }

    private static string Run(string script, params string[] arguments)
    {
        var start = new ProcessStartInfo(Checkout.Path(script)) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = Checkout.Root };
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        using Process process = Process.Start(start) ?? throw new InvalidOperationException($"{script} does not start");
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{script} failed: {errors.GetAwaiter().GetResult()}");
    }
}
