using System.Buffers.Binary;
using Guest.Machine.State;

namespace Guest.Machine.Devices.Pci;

/// <summary>One function of the PCI bus: its configuration space of type 0 and its ranges in memory (PCI 3.0, chapter 6).</summary>
/// <remarks>A register is bytes and a mask of the bits that the guest can change; base addresses tell their size by that mask.</remarks>
public abstract class PciFunction : IDevice
{
    /// <summary>Bytes of the configuration space; what lies above them reads as zero.</summary>
    public const int ConfigurationSize = 256;

    // Bytes of addresses that firmware gives each slot.
    private const uint RoomPerSlot = 0x1_0000;
    private const int CommandRegister = 0x04;
    private const int StatusRegister = 0x06;
    private const int BaseAddresses = 0x10;
    private const int BaseAddressCount = 6;
    private const int CapabilitiesPointer = 0x34;
    private const int InterruptLine = 0x3C;
    private const int InterruptPin = 0x3D;
    private const int FirstCapability = 0x40;
    private const ushort MemoryEnable = 1 << 1;
    private const ushort MasterEnable = 1 << 2;
    private const ushort InterruptDisable = 1 << 10;
    private const byte HasCapabilities = 1 << 4;
    private const byte PinA = 1;
    private const byte LineUnknown = 0xFF;

    private readonly byte[] _bytes = new byte[ConfigurationSize];
    private readonly byte[] _writable = new byte[ConfigurationSize];
    private readonly uint[] _sizes = new uint[BaseAddressCount];
    private int _link = CapabilitiesPointer;
    private int _room = FirstCapability;

    /// <summary>Creates a function without ranges and capabilities that does not answer in memory yet.</summary>
    /// <param name="name">Its name in the state hash.</param>
    /// <param name="slot">Its device number on the bus, 1 to 31.</param>
    /// <param name="identity">What it is.</param>
    protected PciFunction(string name, int slot, PciIdentity identity)
    {
        Name = name;
        Slot = slot;
        BinaryPrimitives.WriteUInt16LittleEndian(_bytes.AsSpan(0x00), identity.Vendor);
        BinaryPrimitives.WriteUInt16LittleEndian(_bytes.AsSpan(0x02), identity.Device);
        BinaryPrimitives.WriteUInt32LittleEndian(_bytes.AsSpan(0x08), (identity.Class << 8) | identity.Revision);
        BinaryPrimitives.WriteUInt16LittleEndian(_bytes.AsSpan(0x2C), identity.Vendor);
        BinaryPrimitives.WriteUInt16LittleEndian(_bytes.AsSpan(0x2E), identity.Subsystem);
        BinaryPrimitives.WriteUInt16LittleEndian(_writable.AsSpan(CommandRegister), MemoryEnable | MasterEnable | InterruptDisable);
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <summary>Its device number on the bus, 1 to 31.</summary>
    public int Slot { get; }

    /// <summary>Whether the guest lets the function access memory.</summary>
    public bool IsMaster => (Command & MasterEnable) != 0;

    /// <summary>Whether the function drives its interrupt pin.</summary>
    public bool DrivesPin => WantsPin && (Command & InterruptDisable) == 0;

    /// <summary>Where firmware puts the function's ranges: 64 KiB of addresses.</summary>
    protected uint FirmwareAddress => PciHost.HighWindow + ((uint)Slot * RoomPerSlot);

    /// <summary>Whether the function has an interrupt for its pin.</summary>
    protected virtual bool WantsPin => false;

    private ushort Command => BinaryPrimitives.ReadUInt16LittleEndian(_bytes.AsSpan(CommandRegister));

    /// <summary>Reads the configuration space.</summary>
    /// <param name="offset">Byte offset, below <see cref="ConfigurationSize"/> less <paramref name="size"/>.</param>
    /// <param name="size">Bytes, 1 to 4.</param>
    public uint ReadConfiguration(int offset, int size)
    {
        ConfigurationReading(offset, size);
        Span<byte> value = stackalloc byte[4];
        value.Clear();
        _bytes.AsSpan(offset, size).CopyTo(value);
        return BinaryPrimitives.ReadUInt32LittleEndian(value);
    }

    /// <summary>Writes the configuration space; bits that cannot be written stay.</summary>
    public void WriteConfiguration(int offset, int size, uint value)
    {
        for (int i = 0; i < size; i++)
        {
            byte mask = _writable[offset + i];
            _bytes[offset + i] = (byte)((_bytes[offset + i] & ~mask) | ((byte)(value >> (8 * i)) & mask));
        }

        ConfigurationWritten(offset, size);
    }

    /// <summary>Finds the range that holds a whole access.</summary>
    /// <param name="address">The first byte.</param>
    /// <param name="size">Bytes.</param>
    /// <param name="bar">Number of the base address register.</param>
    /// <param name="offset">Bytes from the range's start.</param>
    public bool TryFind(GuestPhysical address, int size, out int bar, out uint offset)
    {
        offset = 0;
        for (bar = 0; bar < BaseAddressCount && (Command & MemoryEnable) != 0; bar++)
        {
            ulong from = unchecked(address.Value - BaseAddress(bar));
            if (from + (ulong)size <= _sizes[bar] && from < _sizes[bar])
            {
                offset = (uint)from;
                return true;
            }
        }

        return false;
    }

    /// <summary>Reads from one of the function's ranges.</summary>
    public abstract ulong ReadRange(int bar, uint offset, int size);

    /// <summary>Writes to one of the function's ranges.</summary>
    public abstract void WriteRange(int bar, uint offset, int size, ulong value);

    /// <inheritdoc/>
    public virtual void Save(StateWriter writer) => writer.WriteBytes(_bytes);

    /// <inheritdoc/>
    public virtual void Restore(StateReader reader)
    {
        Span<byte> saved = stackalloc byte[ConfigurationSize];
        reader.ReadBytes(saved);
        for (int i = 0; i < ConfigurationSize; i++)
        {
            if (((saved[i] ^ _bytes[i]) & ~_writable[i]) != 0)
            {
                throw reader.Damaged($"a read-only register of {Name} differs");
            }
        }

        saved.CopyTo(_bytes);
    }

    /// <summary>Whether an access can lie in a range: base addresses are only known while the board is put together.</summary>
    protected bool IsRange(int bar, uint offset, int size) => bar is >= 0 and < BaseAddressCount && (ulong)offset + (ulong)size <= _sizes[bar];

    /// <summary>Gives the function a 32-bit range in memory, at the address where firmware would put it.</summary>
    /// <param name="bar">Number of the base address register.</param>
    /// <param name="size">Bytes, a power of two.</param>
    /// <param name="address">Where, a multiple of the size.</param>
    protected void AddRange(int bar, uint size, uint address)
    {
        _sizes[bar] = size;
        Span<byte> register = _bytes.AsSpan(BaseAddresses + (4 * bar), 4);
        BinaryPrimitives.WriteUInt32LittleEndian(register, address);
        BinaryPrimitives.WriteUInt32LittleEndian(_writable.AsSpan(BaseAddresses + (4 * bar)), ~(size - 1));
        _bytes[CommandRegister] |= (byte)MemoryEnable;
    }

    /// <summary>Gives the function an interrupt pin.</summary>
    protected void AddPin()
    {
        _bytes[InterruptPin] = PinA;
        _bytes[InterruptLine] = LineUnknown;
        _writable[InterruptLine] = 0xFF;
    }

    /// <summary>Appends a capability to the list.</summary>
    /// <param name="id">Its number.</param>
    /// <param name="body">What follows number and link.</param>
    /// <param name="writable">The bits of the body that the guest can change.</param>
    /// <returns>Its offset.</returns>
    protected int AddCapability(byte id, ReadOnlySpan<byte> body, ReadOnlySpan<byte> writable)
    {
        int at = _room;
        _bytes[_link] = (byte)at;
        _bytes[at] = id;
        body.CopyTo(_bytes.AsSpan(at + 2));
        writable.CopyTo(_writable.AsSpan(at + 2));
        _bytes[StatusRegister] |= HasCapabilities;
        _link = at + 1;
        _room = (at + 2 + body.Length + 3) & ~3;
        return at;
    }

    /// <summary>Bytes of the configuration space, for the function itself.</summary>
    protected Span<byte> Registers(int offset, int length) => _bytes.AsSpan(offset, length);

    /// <summary>Called before bytes of the configuration space are read.</summary>
    protected virtual void ConfigurationReading(int offset, int size)
    {
    }

    /// <summary>Called when bytes of the configuration space have been written.</summary>
    protected virtual void ConfigurationWritten(int offset, int size)
    {
    }

    private uint BaseAddress(int bar) => BinaryPrimitives.ReadUInt32LittleEndian(_bytes.AsSpan(BaseAddresses + (4 * bar)));
}
