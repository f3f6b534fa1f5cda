using Guest.Machine.Board;
using Guest.Machine.State;

namespace Guest.Machine.Devices.Rtc;

/// <summary>The CMOS clock of a PC with its memory (Motorola MC146818A data sheet) and the century at 0x32.</summary>
/// <remarks>
/// The time is a start in seconds plus the machine's clock. The flags of register C come about without anyone looking, so they are worked
/// out when somebody does: for the time since <see cref="evaluatedAt"/>. The day of the week follows from the date (docs/limits.md).
/// </remarks>
public sealed partial class CmosClock : IDevice, IPortDevice, ITimedDevice
{
    private const int Irq = 8;
    private const long TicksPerSecond = 1_000_000_000;

    // The divider starts half a second into its cycle when its reset ends; an update is announced 244 microseconds ahead.
    private const long HalfSecond = TicksPerSecond / 2;
    private const long UpdateNotice = 244_000;

    private static readonly Frequency Oscillator = new(32_768);

    private readonly IClock clock;
    private readonly IInterruptLines interrupts;
    private readonly byte[] memory = new byte[128];
    private byte index;
    private byte registerA = 0x26;
    private byte registerB = Hours24;
    private byte flags;
    private long baseSeconds;
    private long phase;
    private long evaluatedAt;
    private CalendarTime held;

    /// <summary>Creates the clock.</summary>
    /// <param name="startSeconds">The time at machine start, in seconds since 1970-01-01 00:00 UTC: an input, logged with the recording.</param>
    /// <param name="clock">The machine's clock.</param>
    /// <param name="interrupts">The interrupt wires.</param>
    public CmosClock(long startSeconds, IClock clock, IInterruptLines interrupts)
    {
        this.clock = clock;
        this.interrupts = interrupts;
        baseSeconds = startSeconds;
    }

    /// <inheritdoc/>
    public string Name => "rtc";

    /// <inheritdoc/>
    public int TimerNumber => TimerNumbers.Rtc;

    /// <inheritdoc/>
    public ulong Deadline { get; private set; } = ulong.MaxValue;

    private long Now => (long)clock.Now;

    private bool DividerReset => (registerA & 0x60) == 0x60;

    // The registers show a time that does not advance.
    private bool Frozen => DividerReset || (registerB & SetTime) != 0;

    private bool Interrupting => (flags & registerB & InterruptFlags) != 0;

    private CalendarTime Time => Frozen ? held : CalendarTime.FromUnix(SecondsAt(Now));

    private ulong PeriodCycles => (registerA & 0x0F) switch
    {
        0 => 0,
        1 => 128,
        2 => 256,
        int rate => 1ul << (rate - 1),
    };

    /// <inheritdoc/>
    public void Expire()
    {
        Evaluate();
        Update();
    }

    /// <inheritdoc/>
    public void Save(StateWriter writer)
    {
        writer.WriteBytes(memory);
        writer.WriteBytes([index, registerA, registerB, flags]);
        writer.WriteInt64(baseSeconds);
        writer.WriteInt64(phase);
        writer.WriteInt64(evaluatedAt);
        foreach (int part in (ReadOnlySpan<int>)[held.Year, held.Month, held.Day, held.Hour, held.Minute, held.Second])
        {
            writer.WriteInt32(part);
        }

        writer.WriteUInt64(Deadline);
    }

    /// <inheritdoc/>
    public void Restore(StateReader reader)
    {
        reader.ReadBytes(memory);
        index = (byte)(reader.ReadByte() & 0x7F);
        registerA = reader.ReadByte();
        registerB = reader.ReadByte();
        flags = reader.ReadByte();
        baseSeconds = reader.ReadInt64();
        phase = reader.ReadInt64();
        evaluatedAt = reader.ReadInt64();
        held = new CalendarTime(
            reader.ReadInt32(), reader.ReadInt32(), reader.ReadInt32(), reader.ReadInt32(), reader.ReadInt32(), reader.ReadInt32());
        Deadline = reader.ReadUInt64();
    }

    private long SecondsAt(long tick) => baseSeconds + ((tick - phase) / TicksPerSecond);

    private long TickOfSecond(long seconds) => phase + ((seconds - baseSeconds) * TicksPerSecond);

    // Brings the flags of register C up to now.
    private void Evaluate()
    {
        long now = Now;
        if (!DividerReset && PeriodCycles != 0 && PeriodsAt(now) != PeriodsAt(evaluatedAt))
        {
            flags |= PeriodicFlag;
        }

        if (!Frozen)
        {
            long before = SecondsAt(evaluatedAt);
            long after = SecondsAt(now);
            flags |= (byte)(after > before ? UpdateFlag : 0);
            flags |= (byte)(after > before && AlarmTime.NextAfter(before) <= after ? AlarmFlag : 0);
        }

        evaluatedAt = now;
    }

    private ulong PeriodsAt(long tick) => Oscillator.CyclesAt((ulong)Math.Max(0, tick - phase)) / PeriodCycles;

    // A flag that is set already interrupts already: the timer waits only for the first one.
    private void Update()
    {
        interrupts.Set(Irq, Interrupting);
        Deadline = Interrupting ? ulong.MaxValue : (ulong)Math.Min(Math.Min(NextPeriod(), NextUpdate()), NextAlarm());
        Deadline = Deadline == long.MaxValue ? ulong.MaxValue : Deadline;
    }

    private long NextPeriod() =>
        (registerB & PeriodicFlag) == 0 || DividerReset || PeriodCycles == 0
            ? long.MaxValue
            : phase + (long)Oscillator.TickOf((PeriodsAt(evaluatedAt) + 1) * PeriodCycles);

    private long NextUpdate() =>
        (registerB & UpdateFlag) == 0 || Frozen ? long.MaxValue : TickOfSecond(SecondsAt(evaluatedAt) + 1);

    private long NextAlarm()
    {
        if ((registerB & AlarmFlag) == 0 || Frozen)
        {
            return long.MaxValue;
        }

        long second = AlarmTime.NextAfter(SecondsAt(evaluatedAt));
        return second == long.MaxValue ? long.MaxValue : TickOfSecond(second);
    }
}
