using Guest.Machine.State;

namespace Guest.Machine.Devices.Apic;

/// <summary>The I/O APIC: 24 pins, version 0x20 with an EOI register (Intel 82093AA; ICH9 datasheet 13.5).</summary>
public sealed class IoApic : IDevice, IMmioDevice
{
    /// <summary>Where the registers are.</summary>
    public const ulong DefaultBase = 0xFEC0_0000;

    /// <summary>Bytes of the register page.</summary>
    public const ulong RangeSize = 0x1000;

    /// <summary>The number of pins.</summary>
    public const int PinCount = 24;

    private const uint Version = 0x20 | ((PinCount - 1) << 16);
    private const ulong RemoteIrr = 1 << 14;
    private const ulong LevelTriggered = 1 << 15;
    private const ulong Masked = 1 << 16;
    private const ulong ReadOnlyBits = (1 << 12) | RemoteIrr;
    private const ulong WritableBits = 0xFF00_0000_0001_AFFF;

    private readonly InterruptRouter _router;
    private readonly ulong[] _pins = new ulong[PinCount];
    private uint _select;
    private uint _id;
    private uint _levels;

    /// <summary>Creates the I/O APIC with every pin masked and attaches it to the router.</summary>
    public IoApic(InterruptRouter router)
    {
        _router = router;
        Array.Fill(_pins, Masked);
        router.Attach(this);
    }

    /// <inheritdoc/>
    public string Name => "ioapic";

    /// <summary>Drives a pin.</summary>
    /// <param name="pin">0 to 23.</param>
    /// <param name="high">The level; entries with inverted polarity are not asked for by the tables and are treated as active high.</param>
    public void Set(int pin, bool high)
    {
        uint bit = 1u << pin;
        bool rises = high && (_levels & bit) == 0;
        _levels = high ? _levels | bit : _levels & ~bit;
        bool levelTriggered = (_pins[pin] & LevelTriggered) != 0;
        if (levelTriggered ? high : rises)
        {
            Service(pin);
        }
    }

    /// <summary>A local APIC has ended a level-triggered interrupt, or the guest wrote the EOI register.</summary>
    public void EndOfInterrupt(byte vector)
    {
        for (int pin = 0; pin < PinCount; pin++)
        {
            if ((byte)_pins[pin] == vector && (_pins[pin] & (LevelTriggered | RemoteIrr)) == (LevelTriggered | RemoteIrr))
            {
                _pins[pin] &= ~RemoteIrr;
                ServiceLevel(pin);
            }
        }
    }

    /// <inheritdoc/>
    public ulong Read(ulong offset, int size)
    {
        ulong value = (offset & ~3ul) switch
        {
            0x00 => _select,
            0x10 => ReadSelected(),
            _ => 0,
        };
        value >>= 8 * ((int)offset & 3);
        return size == 8 ? value : value & ((1ul << (8 * size)) - 1);
    }

    /// <inheritdoc/>
    public void Write(ulong offset, int size, ulong value)
    {
        if (offset == 0x00)
        {
            _select = (byte)value;
        }
        else if (offset == 0x10 && size >= 4)
        {
            WriteSelected(unchecked((uint)value));
        }
        else if (offset == 0x40)
        {
            EndOfInterrupt((byte)value);
        }
    }

    /// <inheritdoc/>
    public void Save(StateWriter writer)
    {
        writer.WriteUInt32(_select);
        writer.WriteUInt32(_id);
        writer.WriteUInt32(_levels);
        foreach (ulong pin in _pins)
        {
            writer.WriteUInt64(pin);
        }
    }

    /// <inheritdoc/>
    public void Restore(StateReader reader)
    {
        _select = reader.ReadUInt32();
        _id = reader.ReadUInt32();
        _levels = reader.ReadUInt32();
        for (int i = 0; i < PinCount; i++)
        {
            _pins[i] = reader.ReadUInt64();
        }
    }

    private uint ReadSelected() => _select switch
    {
        0x00 or 0x02 => _id,
        0x01 => Version,
        >= 0x10 and < 0x10 + (2 * PinCount) => unchecked((uint)(_pins[(_select - 0x10) >> 1] >> (32 * (int)(_select & 1)))),
        _ => 0,
    };

    private void WriteSelected(uint value)
    {
        if (_select == 0x00)
        {
            _id = value & 0x0F00_0000;
        }
        else if (_select is >= 0x10 and < 0x10 + (2 * PinCount))
        {
            int pin = (int)(_select - 0x10) >> 1;
            ulong written = (_select & 1) == 0
                ? (_pins[pin] & 0xFFFF_FFFF_0000_0000) | value
                : (_pins[pin] & 0xFFFF_FFFF) | ((ulong)value << 32);
            WritePin(pin, written);
        }
    }

    private void WritePin(int pin, ulong value)
    {
        ulong next = (value & WritableBits) | (_pins[pin] & ReadOnlyBits);
        // An edge-triggered entry has no remote IRR: that is how Linux clears it on versions without the EOI register.
        _pins[pin] = (next & LevelTriggered) == 0 ? next & ~RemoteIrr : next;
        ServiceLevel(pin);
    }

    private void ServiceLevel(int pin)
    {
        if ((_pins[pin] & LevelTriggered) != 0 && (_levels & (1u << pin)) != 0)
        {
            Service(pin);
        }
    }

    private void Service(int pin)
    {
        ulong entry = _pins[pin];
        if ((entry & Masked) != 0 || (entry & RemoteIrr) != 0)
        {
            return;
        }

        bool level = (entry & LevelTriggered) != 0;
        var mode = (DeliveryMode)((entry >> 8) & 7);
        bool logical = (entry & (1 << 11)) != 0;
        byte destination = (byte)(entry >> 56);
        bool taken = _router.Deliver(new InterruptMessage((byte)entry, mode, InterruptRouter.WidenDestination(destination), logical, level));
        if (taken && level && mode is DeliveryMode.Fixed or DeliveryMode.LowestPriority)
        {
            _pins[pin] |= RemoteIrr;
        }
    }
}
