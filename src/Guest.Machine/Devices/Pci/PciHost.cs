using Guest.Machine.State;

namespace Guest.Machine.Devices.Pci;

/// <summary>PCI configuration mechanism #1 (PCI 3.0, 3.2.2.3.2) with a bus that holds its host bridge and nothing else.</summary>
public sealed class PciHost : IDevice, IPortDevice
{
    /// <summary>The address register: double words only.</summary>
    public const ushort AddressPort = 0xCF8;

    /// <summary>The data register, four bytes.</summary>
    public const ushort DataPort = 0xCFC;

    private const uint Enable = 0x8000_0000;
    private const uint AddressWritable = 0x80FF_FFFC;

    // Red Hat's generic host bridge: no driver and no quirk of Linux asks for it. Class 06 00, header type 0, nothing writable.
    private const uint VendorAndDevice = 0x0008_1B36;
    private const uint ClassAndRevision = 0x0600_0000;

    private uint address;

    /// <inheritdoc/>
    public string Name => "pci-host";

    /// <inheritdoc/>
    public uint ReadPort(ushort port, int size)
    {
        uint value = port == AddressPort ? address : ReadConfiguration() >> (8 * (port & 3));
        return size == 4 ? value : value & ((1u << (8 * size)) - 1);
    }

    /// <inheritdoc/>
    public void WritePort(ushort port, int size, uint value)
    {
        if (port == AddressPort)
        {
            address = value & AddressWritable;
        }
    }

    /// <inheritdoc/>
    public void Save(StateWriter writer) => writer.WriteUInt32(address);

    /// <inheritdoc/>
    public void Restore(StateReader reader) => address = reader.ReadUInt32();

    private uint ReadConfiguration()
    {
        bool present = (address & Enable) != 0 && (address & 0x00FF_FF00) == 0;
        return !present ? 0xFFFF_FFFF : (address & 0xFC) switch
        {
            0x00 => VendorAndDevice,
            0x08 => ClassAndRevision,
            _ => 0,
        };
    }
}
