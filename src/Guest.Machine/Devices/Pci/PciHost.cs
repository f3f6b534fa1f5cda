using Guest.Machine.State;

namespace Guest.Machine.Devices.Pci;

/// <summary>A PCI bus that holds its host bridge and nothing else, behind configuration mechanism #1 (PCI 3.0, 3.2.2.3.2) and in memory
/// (PCI Express 4.0, 7.2.2).</summary>
public sealed class PciHost : IDevice, IPortDevice, IMmioDevice
{
    /// <summary>Where the configuration space of bus 0 is in memory.</summary>
    public const ulong ConfigurationBase = 0xE000_0000;

    /// <summary>Bytes of it: 4 KiB for each of 256 functions.</summary>
    public const ulong ConfigurationSize = 1 << 20;

    /// <summary>The address register: double words only.</summary>
    public const ushort AddressPort = 0xCF8;

    /// <summary>The data register, four bytes.</summary>
    public const ushort DataPort = 0xCFC;

    private const uint Enable = 0x8000_0000;
    private const uint AddressWritable = 0x80FF_FFFC;

    // Red Hat's generic host bridge: no driver and no quirk of Linux asks for it. Class 06 00, header type 0, nothing writable.
    private const uint VendorAndDevice = 0x0008_1B36;
    private const uint ClassAndRevision = 0x0600_0000;

    private uint _address;

    /// <inheritdoc/>
    public string Name => "pci-host";

    /// <inheritdoc/>
    public uint ReadPort(ushort port, int size)
    {
        uint value = port == AddressPort ? _address : ReadAddressed() >> (8 * (port & 3));
        return size == 4 ? value : value & ((1u << (8 * size)) - 1);
    }

    /// <inheritdoc/>
    public void WritePort(ushort port, int size, uint value)
    {
        if (port == AddressPort)
        {
            _address = value & AddressWritable;
        }
    }

    /// <inheritdoc/>
    public ulong Read(ulong offset, int size)
    {
        ulong value = 0;
        for (int i = 0; i < size; i++)
        {
            ulong at = offset + (ulong)i;
            uint dword = ReadConfiguration((uint)(at >> 12), (uint)at & 0xFFC);
            value |= (ulong)(byte)(dword >> (8 * ((int)at & 3))) << (8 * i);
        }

        return value;
    }

    /// <inheritdoc/>
    public void Write(ulong offset, int size, ulong value)
    {
        // Nothing on the bus has a register that can be written.
    }

    /// <inheritdoc/>
    public void Save(StateWriter writer) => writer.WriteUInt32(_address);

    /// <inheritdoc/>
    public void Restore(StateReader reader) => _address = reader.ReadUInt32();

    private static uint ReadConfiguration(uint function, uint register) => function != 0 ? 0xFFFF_FFFF : register switch
    {
        0x00 => VendorAndDevice,
        0x08 => ClassAndRevision,
        _ => 0,
    };

    // Bus, device and function are bits 8 to 23, the register bits 2 to 7.
    private uint ReadAddressed() => (_address & Enable) == 0 ? 0xFFFF_FFFF : ReadConfiguration((_address >> 8) & 0xFFFF, _address & 0xFC);
}
