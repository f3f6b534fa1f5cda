using System.Diagnostics;

namespace ReplayKit.Tests.EndToEnd;

/// <summary>A test that makes a tap device where only it can see it.</summary>
public sealed class TapFactAttribute : FactAttribute
{
    /// <summary>Skips the test where the machine allows nobody to do that, as in a container without privileges.</summary>
    public TapFactAttribute()
    {
        ProcessStartInfo start = new("unshare", ["--map-root-user", "--net", "ip", "tuntap", "add", "dev", "tap0", "mode", "tap"]) { RedirectStandardError = true };
        using Process process = Process.Start(start) ?? throw new InvalidOperationException("unshare did not start");
        process.StandardError.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            Skip = "this machine lets nobody make a tap device in a network namespace of its own (unshare --net, /dev/net/tun)";
        }
    }
}
