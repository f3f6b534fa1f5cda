using Guest.Machine.State;

namespace Guest.Machine.Devices.Pci;

/// <summary>The PCI bus and its host bridge, behind configuration mechanism #1 (PCI 3.0, 3.2.2.3.2) and in memory (PCI Express 4.0, 7.2.2).</summary>
public sealed class PciHost : IDevice, IPortDevice, IMmioDevice
{
    /// <summary>Where the configuration space of bus 0 is in memory.</summary>
    public const ulong ConfigurationBase = 0xE000_0000;

    /// <summary>Bytes of it: 4 KiB for each of 256 functions.</summary>
    public const ulong ConfigurationSize = 1 << 20;

    /// <summary>Where the first window to the bus begins: above the highest RAM below 4 GiB.</summary>
    public const uint LowWindow = 0xC000_0000;

    /// <summary>Where the second window begins: behind the configuration space.</summary>
    public const uint HighWindow = (uint)(ConfigurationBase + ConfigurationSize);

    /// <summary>Where the second window ends: at the I/O APIC.</summary>
    public const uint HighWindowEnd = 0xFEC0_0000;

    /// <summary>Device numbers of the bus; 0 is the bridge.</summary>
    public const int Slots = 32;

    /// <summary>The address register: double words only.</summary>
    public const ushort AddressPort = 0xCF8;

    /// <summary>The data register, four bytes.</summary>
    public const ushort DataPort = 0xCFC;

    private const uint Enable = 0x8000_0000;
    private const uint AddressWritable = 0x80FF_FFFC;

    // Red Hat's generic host bridge: no driver and no quirk of Linux asks for it. Class 06 00, header type 0, nothing writable.
    private const uint VendorAndDevice = 0x0008_1B36;
    private const uint ClassAndRevision = 0x0600_0000;

    private readonly PciFunction?[] _functions = new PciFunction?[Slots];
    private uint _address;

    /// <inheritdoc/>
    public string Name => "pci-host";

    /// <summary>Puts a function on the bus. Only while the board is put together.</summary>
    /// <exception cref="InvalidOperationException">The slot is taken or is not one.</exception>
    public void Add(PciFunction function)
    {
        if (function.Slot is <= 0 or >= Slots || _functions[function.Slot] is not null)
        {
            throw new InvalidOperationException($"PCI slot {function.Slot} cannot be taken");
        }

        _functions[function.Slot] = function;
    }

    /// <summary>The function that answers a whole access in memory; null for none.</summary>
    public PciFunction? Find(GuestPhysical address, int size, out int bar, out uint offset)
    {
        foreach (PciFunction? function in _functions)
        {
            if (function is not null && function.TryFind(address, size, out bar, out offset))
            {
                return function;
            }
        }

        bar = 0;
        offset = 0;
        return null;
    }

    /// <inheritdoc/>
    public uint ReadPort(ushort port, int size)
    {
        if (port == AddressPort)
        {
            return _address;
        }

        uint value = (_address & Enable) == 0 ? uint.MaxValue : ReadConfiguration(Addressed, (int)(_address & 0xFC) + (port & 3), size);
        return size == 4 ? value : value & ((1u << (8 * size)) - 1);
    }

    /// <inheritdoc/>
    public void WritePort(ushort port, int size, uint value)
    {
        if (port == AddressPort)
        {
            _address = value & AddressWritable;
        }
        else if ((_address & Enable) != 0)
        {
            FunctionAt(Addressed)?.WriteConfiguration((int)(_address & 0xFC) + (port & 3), size, value);
        }
    }

    /// <inheritdoc/>
    public ulong Read(ulong offset, int size)
    {
        // Eight bytes at once, and accesses over the end of a double word, are taken apart.
        ulong value = 0;
        for (int i = 0; i < size;)
        {
            ulong at = offset + (ulong)i;
            int part = Math.Min(size - i, 4 - (int)(at & 3));
            value |= (ulong)ReadConfiguration((uint)(at >> 12), (int)(at & 0xFFF), part) << (8 * i);
            i += part;
        }

        return value;
    }

    /// <inheritdoc/>
    public void Write(ulong offset, int size, ulong value)
    {
        for (int i = 0; i < size;)
        {
            ulong at = offset + (ulong)i;
            int part = Math.Min(size - i, 4 - (int)(at & 3));
            if ((at & 0xFFF) < PciFunction.ConfigurationSize)
            {
                FunctionAt((uint)(at >> 12))?.WriteConfiguration((int)(at & 0xFFF), part, unchecked((uint)(value >> (8 * i))));
            }

            i += part;
        }
    }

    /// <inheritdoc/>
    public void Save(StateWriter writer) => writer.WriteUInt32(_address);

    /// <inheritdoc/>
    public void Restore(StateReader reader) => _address = reader.ReadUInt32();

    // Bus, device and function are bits 8 to 23, the register bits 2 to 7.
    private uint Addressed => (_address >> 8) & 0xFFFF;

    // Bus number, device number and function number in 8, 5 and 3 bits; every device has one function.
    private PciFunction? FunctionAt(uint number) => number < Slots << 3 && (number & 7) == 0 ? _functions[number >> 3] : null;

    private uint ReadConfiguration(uint number, int offset, int size)
    {
        uint absent = uint.MaxValue >> (32 - (8 * size));
        if (number == 0)
        {
            return (ReadBridge(offset & ~3) >> (8 * (offset & 3))) & absent;
        }

        PciFunction? function = FunctionAt(number);
        return function is null ? absent : offset < PciFunction.ConfigurationSize ? function.ReadConfiguration(offset, size) : 0;
    }

    private static uint ReadBridge(int register) => register switch
    {
        0x00 => VendorAndDevice,
        0x08 => ClassAndRevision,
        _ => 0,
    };
}
