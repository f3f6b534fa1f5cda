using Guest.Machine.Board;
using Guest.Machine.State;

namespace Guest.Machine.Devices.Pit;

/// <summary>The 8254 interval timer and the PC's port 0x61, which gates its third counter for the speaker.</summary>
public sealed class Pit8254 : IDevice, IPortDevice, ITimedDevice
{
    private const int TimerIrq = 0;
    private const ushort ControlPort = 0x43;
    private const ushort SystemControlPort = 0x61;

    // Counter 1 asks for a memory refresh every 18 cycles; port 0x61 shows a bit that toggles with it.
    private const long RefreshCycles = 18;

    private static readonly Frequency Clock = new(1_193_182);

    private readonly PitChannel[] _channels = [new(gate: true), new(gate: true), new(gate: false)];
    private readonly IClock _clock;
    private readonly IInterruptLines _interrupts;
    private byte _systemControl;

    /// <summary>Creates the timer as firmware leaves it: counter 0 at 18.2 Hz, counter 1 refreshing memory.</summary>
    public Pit8254(IClock clock, IInterruptLines interrupts)
    {
        _clock = clock;
        _interrupts = interrupts;
        _channels[0].WriteControl(0x36);
        _channels[0].WriteCount(0, 0);
        _channels[0].WriteCount(0, 0);
        _channels[1].WriteControl(0x54);
        _channels[1].WriteCount((byte)RefreshCycles, 0);
        interrupts.Set(TimerIrq, true);
        UpdateDeadline(0);
    }

    /// <inheritdoc/>
    public string Name => "pit";

    /// <inheritdoc/>
    public int TimerNumber => TimerNumbers.Pit;

    /// <inheritdoc/>
    public ulong Deadline { get; private set; } = ulong.MaxValue;

    private long Cycle => (long)Clock.CyclesAt(_clock.Now);

    /// <inheritdoc/>
    public void Expire()
    {
        // Where several periods have passed at once, the line would have pulsed unseen in between.
        _interrupts.Set(TimerIrq, false);
        _interrupts.Set(TimerIrq, true);
        UpdateDeadline(Cycle);
    }

    /// <inheritdoc/>
    public uint ReadPort(ushort port, int size) => port switch
    {
        SystemControlPort => ReadSystemControl(),
        ControlPort => 0xFF,
        _ => _channels[port & 3].Read(Cycle),
    };

    /// <inheritdoc/>
    public void WritePort(ushort port, int size, uint value)
    {
        long cycle = Cycle;
        if (port == SystemControlPort)
        {
            _systemControl = (byte)(value & 0x0F);
            _channels[2].SetGate((value & 1) != 0, cycle);
        }
        else if (port == ControlPort)
        {
            WriteControl((byte)value, cycle);
        }
        else
        {
            _channels[port & 3].WriteCount((byte)value, cycle);
        }

        _interrupts.Set(TimerIrq, _channels[0].Output(cycle));
        UpdateDeadline(cycle);
    }

    /// <inheritdoc/>
    public void Save(StateWriter writer)
    {
        foreach (PitChannel channel in _channels)
        {
            channel.Save(writer);
        }

        writer.WriteByte(_systemControl);
        writer.WriteUInt64(Deadline);
    }

    /// <inheritdoc/>
    public void Restore(StateReader reader)
    {
        foreach (PitChannel channel in _channels)
        {
            channel.Restore(reader);
        }

        _systemControl = reader.ReadByte();
        Deadline = reader.ReadUInt64();
    }

    private uint ReadSystemControl()
    {
        long cycle = Cycle;
        uint refresh = (uint)(cycle / RefreshCycles) & 1;
        return _systemControl | (refresh << 4) | (_channels[2].Output(cycle) ? 0x20u : 0);
    }

    private void WriteControl(byte value, long cycle)
    {
        int channel = value >> 6;
        if (channel == 3)
        {
            ReadBack(value, cycle);
        }
        else if ((value & 0x30) == 0)
        {
            _channels[channel].LatchCount(cycle);
        }
        else
        {
            _channels[channel].WriteControl(value);
        }
    }

    private void ReadBack(byte value, long cycle)
    {
        for (int channel = 0; channel < _channels.Length; channel++)
        {
            if ((value & (2 << channel)) == 0)
            {
                continue;
            }

            if ((value & 0x20) == 0)
            {
                _channels[channel].LatchCount(cycle);
            }

            if ((value & 0x10) == 0)
            {
                _channels[channel].LatchStatus(cycle);
            }
        }
    }

    private void UpdateDeadline(long cycle)
    {
        long rise = _channels[0].NextRise(cycle);
        Deadline = rise == long.MaxValue ? ulong.MaxValue : Clock.TickOf((ulong)rise);
    }
}
