using System.Buffers.Binary;
using System.Collections.Immutable;
using Guest.Machine.Devices.Pci;
using Guest.Machine.Memory;

namespace Guest.Machine.Devices.Virtio;

/// <summary>A virtio 1.x device on the PCI bus (virtio 1.2, 4.1): capabilities, registers, notifications, interrupts. There is no legacy interface.</summary>
/// <remarks>
/// Range 0 holds the common registers at 0, interrupt status at 0x1000, the device's configuration at 0x2000, and one notification word
/// per queue from 0x3000; range 1 the MSI-X table. Interrupts are messages where the guest enables MSI-X, as Linux does, and pin A where not.
/// </remarks>
public sealed partial class VirtioPci : PciFunction
{
    /// <summary>No vector: the guest does not want that interrupt.</summary>
    public const ushort NoVector = 0xFFFF;

    private const ushort Vendor = 0x1AF4;
    private const ushort FirstDevice = 0x1040;
    private const byte Revision = 1;
    private const int RegisterRange = 0;
    private const int MessageRange = 1;
    private const uint RegisterRangeSize = 0x4000;
    private const uint StatusOffset = 0x1000;
    private const uint ConfigurationOffset = 0x2000;
    private const uint NotifyOffset = 0x3000;
    private const uint NotifyBytes = 4;
    private const uint SectionSize = 0x1000;
    private const byte VendorCapability = 0x09;
    private const byte MsixCapability = 0x11;
    private const byte QueueInterrupt = 1;
    private const byte ConfigurationInterrupt = 2;

    private readonly VirtioDevice _device;
    private readonly PciInterrupts _pins;
    private readonly MsixTable _messages;
    private readonly int _messageControl;
    private readonly int _accessCapability;
    private byte _interrupts;

    /// <summary>Puts a device on the bus.</summary>
    /// <param name="name">Its name in the state hash.</param>
    /// <param name="slot">Its slot, 1 to 31.</param>
    /// <param name="device">The device; only for this transport.</param>
    /// <param name="bus">What it can reach.</param>
    public VirtioPci(string name, int slot, VirtioDevice device, PciBus bus)
        : base(name, slot, new PciIdentity(Vendor, (ushort)(FirstDevice + device.Type), Revision, device.PciClass, Subsystem: 0x1100))
    {
        _device = device;
        _pins = bus.Pins;
        Memory = bus.Memory;
        Queues = [.. device.QueueSizes.Select((size, index) => new VirtQueue(this, bus.Memory, index, size))];
        _messages = new MsixTable(Queues.Length + 1, bus.Router);
        AddRange(RegisterRange, RegisterRangeSize, FirmwareAddress);
        AddRange(MessageRange, MsixTable.RangeSize, FirmwareAddress + RegisterRangeSize);
        AddPin();
        _messageControl = AddMessages(_messages.Count);
        AddSection(kind: 1, offset: 0, SectionSize);
        AddSection(kind: 3, StatusOffset, SectionSize);
        AddSection(kind: 4, ConfigurationOffset, SectionSize);
        AddSection(kind: 2, NotifyOffset, SectionSize, more: NotifyBytes);
        _accessCapability = AddAccess();
        device.Attach(this);
    }

    /// <summary>Its queues.</summary>
    public ImmutableArray<VirtQueue> Queues { get; }

    /// <summary>The kind of device.</summary>
    public VirtioDevice Device => _device;

    /// <summary>The device's status.</summary>
    public VirtioStatus Status { get; private set; }

    /// <summary>Whether requests are worked on: the driver is ready and nothing is broken.</summary>
    public bool IsRunning => (Status & (VirtioStatus.DriverOk | VirtioStatus.NeedsReset)) == VirtioStatus.DriverOk;

    internal GuestMemory Memory { get; }

    internal int VectorCount => _messages.Count;

    /// <inheritdoc/>
    protected override bool WantsPin => _interrupts != 0 && !_messages.Control.Enabled;

    /// <summary>Whether the guest has accepted a feature.</summary>
    public bool Has(ulong feature) => (_driverFeatures & feature) != 0;

    /// <summary>The guest did what the specification forbids: the device stops and asks to be reset (virtio 1.2, 2.1.2).</summary>
    public void Break()
    {
        if (IsRunning)
        {
            Status |= VirtioStatus.NeedsReset;
            SignalConfiguration();
        }
    }

    /// <summary>Tells the guest that the device's configuration has changed.</summary>
    public void ConfigurationChanged()
    {
        _generation++;
        if (IsRunning)
        {
            SignalConfiguration();
        }
    }

    /// <inheritdoc/>
    public override ulong ReadRange(int bar, uint offset, int size) => bar == MessageRange
        ? _messages.Read(offset, size)
        : (offset & ~(SectionSize - 1)) switch
        {
            0 => ReadCommon(offset, size),
            StatusOffset => offset == StatusOffset ? TakeInterrupts() : 0u,
            ConfigurationOffset => ReadDevice((int)(offset - ConfigurationOffset), size),
            _ => 0,
        };

    /// <inheritdoc/>
    public override void WriteRange(int bar, uint offset, int size, ulong value)
    {
        if (bar == MessageRange)
        {
            _messages.Write(offset, size, value);
            return;
        }

        switch (offset & ~(SectionSize - 1))
        {
            case 0:
                WriteCommon(offset, size, value);
                break;
            case ConfigurationOffset:
                WriteDevice((int)(offset - ConfigurationOffset), size, value);
                break;
            case NotifyOffset:
                Notify((offset - NotifyOffset) / NotifyBytes);
                break;
            default:
                break;
        }
    }

    internal void Interrupt(VirtQueue queue) => Send(QueueInterrupt, queue.Vector);

    /// <inheritdoc/>
    protected override void ConfigurationReading(int offset, int size)
    {
        if (TouchesData(offset, size, out int bar, out uint at, out int length))
        {
            BinaryPrimitives.WriteUInt32LittleEndian(Registers(_accessCapability + 16, 4), unchecked((uint)ReadRange(bar, at, length)));
        }
    }

    /// <inheritdoc/>
    protected override void ConfigurationWritten(int offset, int size)
    {
        UpdateControl();
        _pins.Update(Slot);
        if (TouchesData(offset, size, out int bar, out uint at, out int length))
        {
            WriteRange(bar, at, length, BinaryPrimitives.ReadUInt32LittleEndian(Registers(_accessCapability + 16, 4)) & (uint.MaxValue >> (32 - (8 * length))));
        }
    }

    private void UpdateControl() => _messages.Control = MessageControl;

    private (bool Enabled, bool Masked) MessageControl
    {
        get
        {
            byte control = Registers(_messageControl + 3, 1)[0];
            return ((control & 0x80) != 0, (control & 0x40) != 0);
        }
    }

    private void SignalConfiguration() => Send(ConfigurationInterrupt, _configurationVector);

    private void Send(byte kind, ushort vector)
    {
        if (!_messages.Control.Enabled)
        {
            _interrupts |= kind;
            _pins.Update(Slot);
        }
        else if (vector != NoVector && IsMaster)
        {
            _messages.Fire(vector);
        }
    }

    // Reading the interrupt status takes the pin back.
    private byte TakeInterrupts()
    {
        byte taken = _interrupts;
        _interrupts = 0;
        _pins.Update(Slot);
        return taken;
    }

    private void Notify(uint queue)
    {
        if (queue < Queues.Length && IsRunning && Queues[(int)queue].IsEnabled)
        {
            _device.Notified((int)queue);
        }
    }

    private ulong ReadDevice(int offset, int size)
    {
        Span<byte> bytes = stackalloc byte[Math.Max(_device.ConfigurationSize, offset + size)];
        bytes.Clear();
        _device.ReadConfiguration(bytes[.._device.ConfigurationSize]);
        Span<byte> value = stackalloc byte[8];
        value.Clear();
        bytes.Slice(offset, size).CopyTo(value);
        return BinaryPrimitives.ReadUInt64LittleEndian(value);
    }

    private void WriteDevice(int offset, int size, ulong value)
    {
        if (offset + size <= _device.ConfigurationSize)
        {
            Span<byte> bytes = stackalloc byte[8];
            BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
            _device.WriteConfiguration(offset, bytes[..size]);
        }
    }

    private int AddMessages(int vectors)
    {
        Span<byte> body = stackalloc byte[10];
        body.Clear();
        BinaryPrimitives.WriteUInt16LittleEndian(body, (ushort)(vectors - 1));
        BinaryPrimitives.WriteUInt32LittleEndian(body[2..], MessageRange);
        BinaryPrimitives.WriteUInt32LittleEndian(body[6..], MsixTable.PendingOffset | MessageRange);
        return AddCapability(MsixCapability, body, [0, 0xC0]);
    }

    // struct virtio_pci_cap behind its first two bytes: length, kind, range, id, padding, offset, length (virtio 1.2, 4.1.4).
    private void AddSection(byte kind, uint offset, uint length, uint? more = null)
    {
        Span<byte> body = stackalloc byte[18];
        body.Clear();
        int size = more is null ? 14 : 18;
        body[0] = (byte)(size + 2);
        body[1] = kind;
        body[2] = RegisterRange;
        BinaryPrimitives.WriteUInt32LittleEndian(body[6..], offset);
        BinaryPrimitives.WriteUInt32LittleEndian(body[10..], length);
        if (more is { } value)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(body[14..], value);
        }

        AddCapability(VendorCapability, body[..size], []);
    }

    // The capability by which firmware reaches the ranges through the configuration space: range, offset, length and data can be written.
    private int AddAccess()
    {
        Span<byte> body = stackalloc byte[18];
        body.Clear();
        body[0] = 20;
        body[1] = 5;
        return AddCapability(VendorCapability, body, [0, 0, 0xFF, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]);
    }

    private bool TouchesData(int offset, int size, out int bar, out uint at, out int length)
    {
        ReadOnlySpan<byte> capability = Registers(_accessCapability, 20);
        bar = capability[4];
        at = BinaryPrimitives.ReadUInt32LittleEndian(capability[8..]);
        uint bytes = BinaryPrimitives.ReadUInt32LittleEndian(capability[12..]);
        length = bytes is 1 or 2 or 4 ? (int)bytes : 0;
        return offset < _accessCapability + 20 && offset + size > _accessCapability + 16 && length > 0 && at % length == 0 && IsRange(bar, at, length);
    }
}
