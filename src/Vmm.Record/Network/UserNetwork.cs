using System.Collections.Immutable;
using System.Globalization;
using Guest.Machine.Board;

namespace Vmm.Record.Network;

/// <summary>A network of the guest's own behind the host's, by the program passt, which needs no root.</summary>
/// <remarks>
/// By DHCP the guest is <c>10.0.2.15/24</c>, its gateway 10.0.2.2, as in QEMU's user network; its name servers are the host's.
/// passt is a process of its own that confines itself: what a guest sends is taken apart there and not in the recorder.
/// </remarks>
public sealed record UserNetwork : NetworkChoice
{
    internal const string GuestAddress = "10.0.2.15";
    internal const string Gateway = "10.0.2.2";
    private const string Mask = "255.255.255.0";
    private const string GatewayMac = "52:55:0a:00:02:02";

    /// <summary>Ports of the host that lead to the guest.</summary>
    public ImmutableArray<PortForward> Forwards { get; init; } = [];

    /// <summary>Whether the guest has IPv6 too, where the host has it.</summary>
    public bool Ipv6 { get; init; }

    /// <summary>Whether the guest reaches what listens at the host's own loopback address, as its gateway.</summary>
    public bool ReachesHost { get; init; }

    /// <inheritdoc/>
    protected override ushort UsualMtu => NetworkDescription.LargestMtu;

    /// <inheritdoc/>
    public override IFrameLink Open(NetworkDescription device) => PasstLink.Start(Arguments(device), device);

    private IEnumerable<string> Arguments(NetworkDescription device) =>
    [
        "--foreground", "--stderr", "--quiet",
        "--address", GuestAddress, "--netmask", Mask, "--gateway", Gateway, "--mac-addr", GatewayMac,
        "--mtu", device.Mtu.ToString(CultureInfo.InvariantCulture),
        "--no-dhcp-search",
        .. Ipv6 ? (string[])[] : ["--ipv4-only"],
        .. ReachesHost ? (string[])[] : ["--no-map-gw"],
        .. Forwards.SelectMany(forward => (string[])[forward.Udp ? "--udp-ports" : "--tcp-ports", $"{forward.Address}/{forward.HostPort}:{forward.GuestPort}"]),
    ];
}
