using System.Diagnostics;

namespace ReplayKit.Tests.EndToEnd;

/// <summary>A test that mounts a file system where only it can see it.</summary>
public sealed class MountNamespaceFactAttribute : FactAttribute
{
    /// <summary>Skips the test where the machine allows nobody to do that, as in a container without privileges.</summary>
    public MountNamespaceFactAttribute()
    {
        if (Unshare is null)
        {
            Skip = "this machine allows no mount namespace (unshare --mount), neither as root nor in a user namespace";
        }
    }

    /// <summary>The options of unshare(1) that work here; null for none.</summary>
    public static string[]? Unshare { get; } = new[] { new[] { "--mount" }, ["--map-root-user", "--mount"] }.FirstOrDefault(Works);

    private static bool Works(string[] options)
    {
        ProcessStartInfo start = new("unshare", [.. options, "mount", "-t", "tmpfs", "tmpfs", "/tmp"]) { RedirectStandardError = true };
        using Process process = Process.Start(start) ?? throw new InvalidOperationException("unshare did not start");
        process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0;
    }
}
