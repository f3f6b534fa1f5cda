using System.Net;
using System.Net.NetworkInformation;
using Guest.Machine.Board;

namespace Vmm.Record.Network;

/// <summary>Asks for the gateway's hardware address as a guest would (RFC 826): an answer says that the network is there.</summary>
internal static class ArpProbe
{
    private const int FrameBytes = 42;
    private const int OperationOffset = 21;
    private const byte Reply = 2;

    /// <summary>Asks and waits for the answer; other frames are lost.</summary>
    /// <returns>False where the link ends first.</returns>
    internal static bool IsAnswered(IFrameLink link, NetworkDescription device)
    {
        byte[] mac = PhysicalAddress.Parse(device.Mac).GetAddressBytes();
        byte[] guest = IPAddress.Parse(UserNetwork.GuestAddress).GetAddressBytes();
        byte[] gateway = IPAddress.Parse(UserNetwork.Gateway).GetAddressBytes();
        link.Send([0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, .. mac, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1, .. mac, .. guest, 0, 0, 0, 0, 0, 0, .. gateway]);
        byte[] frame = new byte[NetworkDescription.LargestMtu];
        int length;
        do
        {
            length = link.Receive(frame);
        }
        while (length > 0 && !(length >= FrameBytes && frame[12] == 8 && frame[13] == 6 && frame[OperationOffset] == Reply));
        return length > 0;
    }
}
