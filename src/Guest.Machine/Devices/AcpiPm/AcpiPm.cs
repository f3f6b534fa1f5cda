using Guest.Machine.Board;
using Guest.Machine.State;

namespace Guest.Machine.Devices.AcpiPm;

/// <summary>ACPI's fixed hardware: the PM1a event and control registers and the PM timer (ACPI 6.4, 4.8.3).</summary>
public sealed class AcpiPm : IDevice, IPortDevice, ITimedDevice
{
    /// <summary>PM1a event: status in two bytes, enable in the two above.</summary>
    public const ushort EventPort = 0x600;

    /// <summary>PM1a control, two bytes.</summary>
    public const ushort ControlPort = 0x604;

    /// <summary>The PM timer, four bytes.</summary>
    public const ushort TimerPort = 0x608;

    /// <summary>Bytes from <see cref="EventPort"/> to the end of the timer.</summary>
    public const int PortCount = 0x0C;

    /// <summary>The sleep type that switches the machine off: the value of the DSDT's <c>\_S5</c>.</summary>
    public const int PowerOffSleepType = 5;

    /// <summary>The interrupt of ACPI events, level-triggered.</summary>
    public const int Irq = 9;

    private const ushort TimerStatus = 1 << 0;
    private const ushort EnableWritable = 0x0721;
    private const ushort ControlSciEnabled = 1 << 0;
    private const ushort SleepEnable = 1 << 13;
    private const ushort ControlStored = 0x1C02;

    // The status bit follows the counter's highest bit: it changes every 2^31 cycles.
    private const int TopBit = 31;

    private static readonly Frequency TimerClock = new(3_579_545);

    private readonly IClock _clock;
    private readonly IInterruptLines _interrupts;
    private readonly IBoardControl _board;
    private ushort _status;
    private ushort _enable;
    private ushort _control;
    private ulong _evaluatedAt;

    /// <summary>Creates the registers; ACPI is on from the start, there is no SMI to switch it.</summary>
    public AcpiPm(IClock clock, IInterruptLines interrupts, IBoardControl board)
    {
        _clock = clock;
        _interrupts = interrupts;
        _board = board;
    }

    /// <inheritdoc/>
    public string Name => "acpi-pm";

    /// <inheritdoc/>
    public int TimerNumber => TimerNumbers.PmTimer;

    /// <inheritdoc/>
    public ulong Deadline { get; private set; } = ulong.MaxValue;

    private ulong Cycles => TimerClock.CyclesAt(_clock.Now);

    private bool TimerChanged => (Cycles ^ TimerClock.CyclesAt(_evaluatedAt)) >> TopBit != 0;

    private ushort Status => TimerChanged ? (ushort)(_status | TimerStatus) : _status;

    /// <inheritdoc/>
    public void Expire()
    {
        Evaluate();
        Update();
    }

    /// <inheritdoc/>
    public uint ReadPort(ushort port, int size)
    {
        int offset = port - EventPort;
        ulong block = offset < 8 ? Status | ((ulong)_enable << 16) | ((ulong)(_control | ControlSciEnabled) << 32) : Cycles & 0xFFFF_FFFF;
        uint value = unchecked((uint)(block >> (8 * (offset & 7))));
        return size == 4 ? value : value & ((1u << (8 * size)) - 1);
    }

    /// <inheritdoc/>
    public void WritePort(ushort port, int size, uint value)
    {
        int offset = port - EventPort;
        if (offset >= 8)
        {
            return;
        }

        Evaluate();
        ulong bytes = (ulong)value << (8 * offset);
        ulong touched = (size == 4 ? 0xFFFF_FFFF : (1ul << (8 * size)) - 1) << (8 * offset);
        _status &= (ushort)~bytes;
        _enable = Merge(_enable, bytes >> 16, touched >> 16, EnableWritable);
        WriteControl(bytes >> 32, touched >> 32);
        Update();
    }

    /// <inheritdoc/>
    public void Save(StateWriter writer)
    {
        writer.WriteUInt16(_status);
        writer.WriteUInt16(_enable);
        writer.WriteUInt16(_control);
        writer.WriteUInt64(_evaluatedAt);
        writer.WriteUInt64(Deadline);
    }

    /// <inheritdoc/>
    public void Restore(StateReader reader)
    {
        _status = reader.ReadUInt16();
        _enable = reader.ReadUInt16();
        _control = reader.ReadUInt16();
        _evaluatedAt = reader.ReadUInt64();
        Deadline = reader.ReadUInt64();
    }

    private static ushort Merge(ushort old, ulong value, ulong touched, ushort writable) =>
        (ushort)((old & ~(touched & writable)) | (value & touched & writable));

    private void WriteControl(ulong value, ulong touched)
    {
        _control = Merge(_control, value, touched, ControlStored);
        if ((value & touched & SleepEnable) != 0 && (_control >> 10) == PowerOffSleepType)
        {
            _board.PowerOff();
        }
    }

    private void Evaluate()
    {
        _status = Status;
        _evaluatedAt = _clock.Now;
    }

    private void Update()
    {
        _interrupts.Set(Irq, (_status & _enable) != 0);
        bool waits = (_enable & ~_status & TimerStatus) != 0;
        Deadline = waits ? TimerClock.TickOf(((Cycles >> TopBit) + 1) << TopBit) : ulong.MaxValue;
    }
}
