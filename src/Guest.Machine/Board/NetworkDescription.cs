using System.Net.NetworkInformation;
using System.Text.Json.Serialization;

namespace Guest.Machine.Board;

/// <summary>A virtio network device. What is behind it is nothing of the machine's.</summary>
public sealed record NetworkDescription : PciDeviceDescription
{
    /// <summary>The largest payload of a frame that a device can be asked for, in bytes.</summary>
    public const ushort LargestMtu = 65520;

    private const ushort SmallestMtu = 68;
    private const int MacBytes = 6;

    /// <summary>The guest's hardware address: six bytes in hexadecimal with colons.</summary>
    public required string Mac { get; init; }

    /// <summary>Bytes of the largest payload of a frame, 68 to <see cref="LargestMtu"/>.</summary>
    public required ushort Mtu { get; init; }

    /// <summary>Whether there can be such a device.</summary>
    [JsonIgnore]
    public bool IsPossible => Mtu is >= SmallestMtu and <= LargestMtu
        && PhysicalAddress.TryParse(Mac, out PhysicalAddress? mac) && mac.GetAddressBytes() is { Length: MacBytes } bytes && (bytes[0] & 1) == 0;
}
