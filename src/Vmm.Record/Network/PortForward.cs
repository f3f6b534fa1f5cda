using System.Net;

namespace Vmm.Record.Network;

/// <summary>A port of the host that leads to one of the guest.</summary>
/// <param name="Udp">Whether it is UDP's and not TCP's.</param>
/// <param name="Address">The host's address that is listened at.</param>
/// <param name="HostPort">The host's port.</param>
/// <param name="GuestPort">The guest's port.</param>
public sealed record PortForward(bool Udp, IPAddress Address, ushort HostPort, ushort GuestPort);
