using System.Diagnostics;

namespace Replay.Log.Tests.Disks;

/// <summary>QEMU's own tools for images (package qemu-utils): what they make must be read, and they must read what is made here.</summary>
internal static class QemuImg
{
    /// <summary>Runs <c>qemu-img</c>.</summary>
    public static string Run(params string[] arguments) => Start("qemu-img", arguments);

    /// <summary>Runs commands of <c>qemu-io</c> on an image.</summary>
    public static void Write(string image, string format, params string[] commands) =>
        Start("qemu-io", ["-f", format, .. commands.SelectMany(command => new[] { "-c", command }), image]);

    private static string Start(string program, string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })
            ?? throw new InvalidOperationException($"{program} does not start");
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)}: {output}{errors.GetAwaiter().GetResult()}");
        return output;
    }
}
