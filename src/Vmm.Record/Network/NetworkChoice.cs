using Guest.Machine.Board;

namespace Vmm.Record.Network;

/// <summary>A network device that a user asks for, and what is behind it.</summary>
public abstract record NetworkChoice
{
    /// <summary>The payload of a frame on an Ethernet.</summary>
    public const ushort EthernetMtu = 1500;

    /// <summary>The guest's hardware address; null for one by the device's number.</summary>
    public string? Mac { get; init; }

    /// <summary>Bytes of a frame's largest payload; null for what suits what is behind the device.</summary>
    public ushort? Mtu { get; init; }

    /// <summary>What suits it.</summary>
    protected virtual ushort UsualMtu => EthernetMtu;

    /// <summary>Describes the device.</summary>
    /// <param name="slot">Its slot.</param>
    /// <param name="number">Its number among the network devices, from 0.</param>
    public NetworkDescription Describe(int slot, int number) => new()
    {
        Slot = slot,
        Name = $"network{number}",
        Mac = Mac ?? $"52:54:00:12:34:{0x56 + number:x2}",
        Mtu = Mtu ?? UsualMtu,
    };

    /// <summary>Makes the connection.</summary>
    /// <exception cref="Guest.Machine.ReplayKitException">RK08xx: it cannot be made.</exception>
    public abstract IFrameLink Open(NetworkDescription device);
}
