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

    private readonly PitChannel[] channels = [new(gate: true), new(gate: true), new(gate: false)];
    private readonly IClock clock;
    private readonly IInterruptLines interrupts;
    private byte systemControl;

    /// <summary>Creates the timer as firmware leaves it: counter 0 at 18.2 Hz, counter 1 refreshing memory.</summary>
    public Pit8254(IClock clock, IInterruptLines interrupts)
    {
        this.clock = clock;
        this.interrupts = interrupts;
        channels[0].WriteControl(0x36);
        channels[0].WriteCount(0, 0);
        channels[0].WriteCount(0, 0);
        channels[1].WriteControl(0x54);
        channels[1].WriteCount((byte)RefreshCycles, 0);
        interrupts.Set(TimerIrq, true);
        UpdateDeadline(0);
    }

    /// <inheritdoc/>
    public string Name => "pit";

    /// <inheritdoc/>
    public int TimerNumber => TimerNumbers.Pit;

    /// <inheritdoc/>
    public ulong Deadline { get; private set; } = ulong.MaxValue;

    private long Cycle => (long)Clock.CyclesAt(clock.Now);

    /// <inheritdoc/>
    public void Expire()
    {
        // Where several periods have passed at once, the line would have pulsed unseen in between.
        interrupts.Set(TimerIrq, false);
        interrupts.Set(TimerIrq, true);
        UpdateDeadline(Cycle);
    }

    /// <inheritdoc/>
    public uint ReadPort(ushort port, int size) => port switch
    {
        SystemControlPort => ReadSystemControl(),
        ControlPort => 0xFF,
        _ => channels[port & 3].Read(Cycle),
    };

    /// <inheritdoc/>
    public void WritePort(ushort port, int size, uint value)
    {
        long cycle = Cycle;
        if (port == SystemControlPort)
        {
            systemControl = (byte)(value & 0x0F);
            channels[2].SetGate((value & 1) != 0, cycle);
        }
        else if (port == ControlPort)
        {
            WriteControl((byte)value, cycle);
        }
        else
        {
            channels[port & 3].WriteCount((byte)value, cycle);
        }

        interrupts.Set(TimerIrq, channels[0].Output(cycle));
        UpdateDeadline(cycle);
    }

    /// <inheritdoc/>
    public void Save(StateWriter writer)
    {
        foreach (PitChannel channel in channels)
        {
            channel.Save(writer);
        }

        writer.WriteByte(systemControl);
        writer.WriteUInt64(Deadline);
    }

    /// <inheritdoc/>
    public void Restore(StateReader reader)
    {
        foreach (PitChannel channel in channels)
        {
            channel.Restore(reader);
        }

        systemControl = reader.ReadByte();
        Deadline = reader.ReadUInt64();
    }

    private uint ReadSystemControl()
    {
        long cycle = Cycle;
        uint refresh = (uint)(cycle / RefreshCycles) & 1;
        return systemControl | (refresh << 4) | (channels[2].Output(cycle) ? 0x20u : 0);
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
            channels[channel].LatchCount(cycle);
        }
        else
        {
            channels[channel].WriteControl(value);
        }
    }

    private void ReadBack(byte value, long cycle)
    {
        for (int channel = 0; channel < channels.Length; channel++)
        {
            if ((value & (2 << channel)) == 0)
            {
                continue;
            }

            if ((value & 0x20) == 0)
            {
                channels[channel].LatchCount(cycle);
            }

            if ((value & 0x10) == 0)
            {
                channels[channel].LatchStatus(cycle);
            }
        }
    }

    private void UpdateDeadline(long cycle)
    {
        long rise = channels[0].NextRise(cycle);
        Deadline = rise == long.MaxValue ? ulong.MaxValue : Clock.TickOf((ulong)rise);
    }
}
