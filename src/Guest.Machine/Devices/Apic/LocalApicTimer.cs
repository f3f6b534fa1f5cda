using Guest.Machine.State;

namespace Guest.Machine.Devices.Apic;

/// <summary>The timer of one local APIC: one-shot, periodic or by TSC deadline (Intel SDM 3A 11.5.4).</summary>
/// <remarks>
/// The divided modes count the 25 MHz crystal of CPUID leaf 15h: 40 ticks of the 1 GHz TSC per count, so a count falls on an exact tick.
/// Nothing counts in memory: the current count is computed from the tick at which counting started.
/// </remarks>
public sealed class LocalApicTimer : ITimedDevice
{
    private const ulong TicksPerBusCycle = 40;

    private readonly IClock clock;
    private readonly Action expired;
    private TimerMode mode;
    private uint divideConfiguration;
    private uint initialCount;
    private ulong startTick;
    private ulong tscDeadline;

    internal LocalApicTimer(IClock clock, int timerNumber, Action expired)
    {
        this.clock = clock;
        this.expired = expired;
        TimerNumber = timerNumber;
    }

    private enum TimerMode
    {
        OneShot = 0,
        Periodic = 1,
        TscDeadline = 2,
        Reserved = 3,
    }

    /// <inheritdoc/>
    public int TimerNumber { get; }

    /// <inheritdoc/>
    public ulong Deadline { get; private set; } = ulong.MaxValue;

    /// <summary>What is added to <see cref="IClock.Now"/> to give the vCPU's time-stamp counter (IA32_TSC_ADJUST and writes of the TSC).</summary>
    internal ulong TscOffset { get; private set; }

    internal uint InitialCount => initialCount;

    internal uint DivideConfiguration => divideConfiguration;

    /// <summary>IA32_TSC_DEADLINE: 0 where it is not armed.</summary>
    internal ulong TscDeadline => tscDeadline;

    internal uint CurrentCount
    {
        get
        {
            if (initialCount == 0 || mode is TimerMode.TscDeadline or TimerMode.Reserved)
            {
                return 0;
            }

            ulong counts = (clock.Now - startTick) / TicksPerCount;
            return unchecked((uint)(mode == TimerMode.Periodic
                ? initialCount - (counts % initialCount)
                : initialCount - Math.Min(counts, initialCount)));
        }
    }

    // Bits 0, 1 and 3 of the register: 0 divides by 2, 6 by 128, 7 by 1 (figure 11-10).
    private int DivideShift => (int)((((divideConfiguration & 3) | ((divideConfiguration >> 1) & 4)) + 1) & 7);

    private ulong TicksPerCount => TicksPerBusCycle << DivideShift;

    /// <inheritdoc/>
    public void Expire()
    {
        if (mode == TimerMode.Periodic)
        {
            ulong period = initialCount * TicksPerCount;
            startTick += (clock.Now - startTick) / period * period;
            Deadline = startTick + period;
        }
        else
        {
            tscDeadline = 0;
            Deadline = ulong.MaxValue;
        }

        expired();
    }

    internal void SetMode(uint lvtMode)
    {
        var next = (TimerMode)lvtMode;
        if (next == mode)
        {
            return;
        }

        // A change to or from TSC-deadline mode disarms the timer (SDM 3A 11.5.4.1); one-shot and periodic share their count.
        if (next is TimerMode.TscDeadline or TimerMode.Reserved || mode is TimerMode.TscDeadline or TimerMode.Reserved)
        {
            initialCount = 0;
            tscDeadline = 0;
        }
        else if (next == TimerMode.Periodic && initialCount != 0 && CurrentCount == 0)
        {
            startTick = clock.Now;
        }

        mode = next;
        UpdateDeadline();
    }

    internal void SetInitialCount(uint value)
    {
        if (mode == TimerMode.TscDeadline)
        {
            return;
        }

        initialCount = value;
        startTick = clock.Now;
        UpdateDeadline();
    }

    internal void SetDivideConfiguration(uint value)
    {
        // The count reached so far stays: counting goes on from it at the new rate.
        ulong counted = initialCount - CurrentCount;
        divideConfiguration = value & 0xB;
        startTick = unchecked(clock.Now - (counted * TicksPerCount));
        UpdateDeadline();
    }

    internal void SetTscDeadline(ulong value)
    {
        if (mode == TimerMode.TscDeadline)
        {
            tscDeadline = value;
            UpdateDeadline();
        }
    }

    internal void SetTscOffset(ulong value)
    {
        TscOffset = value;
        UpdateDeadline();
    }

    internal void Reset()
    {
        mode = TimerMode.OneShot;
        divideConfiguration = 0;
        initialCount = 0;
        startTick = 0;
        tscDeadline = 0;
        UpdateDeadline();
    }

    internal void Save(StateWriter writer)
    {
        writer.WriteByte((byte)mode);
        writer.WriteUInt32(divideConfiguration);
        writer.WriteUInt32(initialCount);
        writer.WriteUInt64(startTick);
        writer.WriteUInt64(tscDeadline);
        writer.WriteUInt64(TscOffset);
        writer.WriteUInt64(Deadline);
    }

    internal void Restore(StateReader reader)
    {
        mode = (TimerMode)(reader.ReadByte() & 3);
        divideConfiguration = reader.ReadUInt32() & 0xB;
        initialCount = reader.ReadUInt32();
        startTick = reader.ReadUInt64();
        tscDeadline = reader.ReadUInt64();
        TscOffset = reader.ReadUInt64();
        Deadline = reader.ReadUInt64();
        if (mode == TimerMode.Periodic && initialCount == 0)
        {
            Deadline = ulong.MaxValue;
        }
    }

    private void UpdateDeadline() => Deadline = mode switch
    {
        TimerMode.TscDeadline => tscDeadline == 0 ? ulong.MaxValue : TickOfTsc(tscDeadline),
        TimerMode.Reserved => ulong.MaxValue,
        _ => CurrentCount == 0 ? ulong.MaxValue : unchecked(startTick + ((((clock.Now - startTick) / TicksPerCount) + CurrentCount) * TicksPerCount)),
    };

    private ulong TickOfTsc(ulong tsc)
    {
        ulong now = clock.Now;
        ulong reached = unchecked(now + TscOffset);
        return tsc <= reached ? now : now + Math.Min(tsc - reached, ulong.MaxValue - now);
    }
}
