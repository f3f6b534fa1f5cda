using Guest.Machine.Board;
using Guest.Machine.State;

namespace Guest.Machine.Devices.Rtc;

/// <summary>The CMOS clock of a PC with its memory (Motorola MC146818A data sheet) and the century at 0x32.</summary>
/// <remarks>
/// The time is a start in seconds plus the machine's clock. The flags of register C come about without anyone looking, so they are worked
/// out when somebody does: for the time since <see cref="_evaluatedAt"/>. The day of the week follows from the date (docs/limits.md).
/// </remarks>
public sealed partial class CmosClock : IDevice, IPortDevice, ITimedDevice
{
    private const int Irq = 8;
    private const long TicksPerSecond = 1_000_000_000;

    // The divider starts half a second into its cycle when its reset ends; an update is announced 244 microseconds ahead.
    private const long HalfSecond = TicksPerSecond / 2;
    private const long UpdateNotice = 244_000;

    private static readonly Frequency Oscillator = new(32_768);

    private readonly IClock _clock;
    private readonly IInterruptLines _interrupts;
    private readonly byte[] _memory = new byte[128];
    private byte _index;
    private byte _registerA = 0x26;
    private byte _registerB = Hours24;
    private byte _flags;
    private long _baseSeconds;
    private long _phase;
    private long _evaluatedAt;
    private CalendarTime _held;

    /// <summary>Creates the clock.</summary>
    /// <param name="startSeconds">The time at machine start, in seconds since 1970-01-01 00:00 UTC: an input, logged with the recording.</param>
    /// <param name="clock">The machine's clock.</param>
    /// <param name="interrupts">The interrupt wires.</param>
    public CmosClock(long startSeconds, IClock clock, IInterruptLines interrupts)
    {
        _clock = clock;
        _interrupts = interrupts;
        _baseSeconds = startSeconds;
    }

    /// <inheritdoc/>
    public string Name => "rtc";

    /// <inheritdoc/>
    public int TimerNumber => TimerNumbers.Rtc;

    /// <inheritdoc/>
    public ulong Deadline { get; private set; } = ulong.MaxValue;

    private long Now => (long)_clock.Now;

    private bool DividerReset => (_registerA & 0x60) == 0x60;

    // The registers show a time that does not advance.
    private bool Frozen => DividerReset || (_registerB & SetTime) != 0;

    private bool Interrupting => (_flags & _registerB & InterruptFlags) != 0;

    private CalendarTime Time => Frozen ? _held : CalendarTime.FromUnix(SecondsAt(Now));

    private ulong PeriodCycles => (_registerA & 0x0F) switch
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
        writer.WriteBytes(_memory);
        writer.WriteBytes([_index, _registerA, _registerB, _flags]);
        writer.WriteInt64(_baseSeconds);
        writer.WriteInt64(_phase);
        writer.WriteInt64(_evaluatedAt);
        foreach (int part in (ReadOnlySpan<int>)[_held.Year, _held.Month, _held.Day, _held.Hour, _held.Minute, _held.Second])
        {
            writer.WriteInt32(part);
        }

        writer.WriteUInt64(Deadline);
    }

    /// <inheritdoc/>
    public void Restore(StateReader reader)
    {
        reader.ReadBytes(_memory);
        _index = (byte)(reader.ReadByte() & 0x7F);
        _registerA = reader.ReadByte();
        _registerB = reader.ReadByte();
        _flags = reader.ReadByte();
        _baseSeconds = reader.ReadInt64();
        _phase = reader.ReadInt64();
        _evaluatedAt = reader.ReadInt64();
        _held = new CalendarTime(
            reader.ReadInt32(), reader.ReadInt32(), reader.ReadInt32(), reader.ReadInt32(), reader.ReadInt32(), reader.ReadInt32());
        Deadline = reader.ReadUInt64();
    }

    private long SecondsAt(long tick) => _baseSeconds + ((tick - _phase) / TicksPerSecond);

    private long TickOfSecond(long seconds) => _phase + ((seconds - _baseSeconds) * TicksPerSecond);

    // Brings the flags of register C up to now.
    private void Evaluate()
    {
        long now = Now;
        if (!DividerReset && PeriodCycles != 0 && PeriodsAt(now) != PeriodsAt(_evaluatedAt))
        {
            _flags |= PeriodicFlag;
        }

        if (!Frozen)
        {
            long before = SecondsAt(_evaluatedAt);
            long after = SecondsAt(now);
            _flags |= (byte)(after > before ? UpdateFlag : 0);
            _flags |= (byte)(after > before && AlarmTime.NextAfter(before) <= after ? AlarmFlag : 0);
        }

        _evaluatedAt = now;
    }

    private ulong PeriodsAt(long tick) => Oscillator.CyclesAt((ulong)Math.Max(0, tick - _phase)) / PeriodCycles;

    // A flag that is set already interrupts already: the timer waits only for the first one.
    private void Update()
    {
        _interrupts.Set(Irq, Interrupting);
        Deadline = Interrupting ? ulong.MaxValue : (ulong)Math.Min(Math.Min(NextPeriod(), NextUpdate()), NextAlarm());
        Deadline = Deadline == long.MaxValue ? ulong.MaxValue : Deadline;
    }

    private long NextPeriod() =>
        (_registerB & PeriodicFlag) == 0 || DividerReset || PeriodCycles == 0
            ? long.MaxValue
            : _phase + (long)Oscillator.TickOf((PeriodsAt(_evaluatedAt) + 1) * PeriodCycles);

    private long NextUpdate() =>
        (_registerB & UpdateFlag) == 0 || Frozen ? long.MaxValue : TickOfSecond(SecondsAt(_evaluatedAt) + 1);

    private long NextAlarm()
    {
        if ((_registerB & AlarmFlag) == 0 || Frozen)
        {
            return long.MaxValue;
        }

        long second = AlarmTime.NextAfter(SecondsAt(_evaluatedAt));
        return second == long.MaxValue ? long.MaxValue : TickOfSecond(second);
    }
}
