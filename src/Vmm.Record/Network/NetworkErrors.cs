using Guest.Machine;

namespace Vmm.Record.Network;

/// <summary>The rows RK08xx of docs/errors.md.</summary>
internal static class NetworkErrors
{
    internal static ReplayKitException NoPasst(Exception inner) =>
        new(800, ExitCode.HostCannot, "the program passt, which --net user needs, cannot be started; on Debian: apt-get install passt", inner);

    internal static ReplayKitException PasstFailed(string said) =>
        new(801, ExitCode.HostCannot, $"passt ended at once: {said}");

    internal static ReplayKitException NoStream(string address, Exception inner) =>
        new(802, ExitCode.HostCannot, $"no connection to {address}: {inner.Message.TrimEnd('.')}", inner);

    internal static ReplayKitException NoTap(string name, string why) =>
        new(803, ExitCode.HostCannot, $"the tap device {name} cannot be used: {why}");
}
