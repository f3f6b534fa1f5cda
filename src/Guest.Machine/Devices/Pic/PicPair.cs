using Guest.Machine.Devices.Apic;
using Guest.Machine.State;

namespace Guest.Machine.Devices.Pic;

/// <summary>The two 8259A interrupt controllers of a PC, the second one behind line 2 of the first, and their edge/level registers.</summary>
public sealed class PicPair : IDevice, IPortDevice
{
    private const int CascadeLine = 2;

    // Lines 0 to 2, 8 and 13 are always edge-triggered (ICH9 datasheet 13.4.6).
    private readonly Pic8259 _first = new(0xF8, 1 << CascadeLine, vectorBase: 0x08);
    private readonly Pic8259 _second = new(0xDE, 0, vectorBase: 0x70);
    private InterruptRouter? _router;
    private bool _intr;

    /// <summary>Creates the pair as firmware leaves it: masked, and the ACPI interrupt level-triggered.</summary>
    public PicPair() => _second.EdgeLevel = 1 << (AcpiPm.AcpiPm.Irq - 8);

    /// <inheritdoc/>
    public string Name => "pic";

    /// <summary>Drives an input.</summary>
    /// <param name="irq">0 to 15; 2 is not an input.</param>
    /// <param name="high">The level.</param>
    public void Set(int irq, bool high)
    {
        if (irq >= 8)
        {
            _second.SetLine(irq - 8, high);
        }
        else if (irq != CascadeLine)
        {
            _first.SetLine(irq, high);
        }

        Update();
    }

    /// <summary>The interrupt-acknowledge cycle: the highest request goes in service.</summary>
    /// <returns>The vector; that of line 7 where the request is gone.</returns>
    public byte Acknowledge()
    {
        int line = _first.HighestRequest;
        byte vector;
        if (line < 0)
        {
            vector = _first.VectorOf(7);
        }
        else
        {
            vector = _first.Acknowledge(line);
            if (line == CascadeLine)
            {
                int behind = _second.HighestRequest;
                vector = behind < 0 ? _second.VectorOf(7) : _second.Acknowledge(behind);

                // The second controller's output falls during the cycle: a further request of its is a new edge.
                _first.SetLine(CascadeLine, false);
            }
        }

        Update();
        return vector;
    }

    /// <inheritdoc/>
    public uint ReadPort(ushort port, int size)
    {
        uint value = port switch
        {
            0x20 => _first.Read(data: false),
            0x21 => _first.Read(data: true),
            0xA0 => _second.Read(data: false),
            0xA1 => _second.Read(data: true),
            0x4D0 => _first.EdgeLevel,
            _ => _second.EdgeLevel,
        };

        // A read after the poll command acknowledges.
        Update();
        return value;
    }

    /// <inheritdoc/>
    public void WritePort(ushort port, int size, uint value)
    {
        switch (port)
        {
            case 0x20:
                _first.WriteCommand((byte)value);
                break;
            case 0x21:
                _first.WriteData((byte)value);
                break;
            case 0xA0:
                _second.WriteCommand((byte)value);
                break;
            case 0xA1:
                _second.WriteData((byte)value);
                break;
            case 0x4D0:
                _first.EdgeLevel = (byte)value;
                break;
            default:
                _second.EdgeLevel = (byte)value;
                break;
        }

        Update();
    }

    /// <inheritdoc/>
    public void Save(StateWriter writer)
    {
        _first.Save(writer);
        _second.Save(writer);
        writer.WriteBool(_intr);
    }

    /// <inheritdoc/>
    public void Restore(StateReader reader)
    {
        _first.Restore(reader);
        _second.Restore(reader);
        _intr = reader.ReadBool();
    }

    internal void Connect(InterruptRouter to) => _router = to;

    private void Update()
    {
        _first.SetLine(CascadeLine, _second.HighestRequest >= 0);
        bool now = _first.HighestRequest >= 0;
        if (now != _intr)
        {
            _intr = now;
            _router?.SetExternal(now);
        }
    }
}
