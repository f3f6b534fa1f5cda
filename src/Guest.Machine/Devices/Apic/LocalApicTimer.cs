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

    private readonly IClock _clock;
    private readonly Action _expired;
    private TimerMode _mode;
    private uint _divideConfiguration;
    private uint _initialCount;
    private ulong _startTick;
    private ulong _tscDeadline;

    internal LocalApicTimer(IClock clock, int timerNumber, Action expired)
    {
        _clock = clock;
        _expired = expired;
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

    internal uint InitialCount => _initialCount;

    internal uint DivideConfiguration => _divideConfiguration;

    /// <summary>IA32_TSC_DEADLINE: 0 where it is not armed.</summary>
    internal ulong TscDeadline => _tscDeadline;

    internal uint CurrentCount
    {
        get
        {
            if (_initialCount == 0 || _mode is TimerMode.TscDeadline or TimerMode.Reserved)
            {
                return 0;
            }

            ulong counts = (_clock.Now - _startTick) / TicksPerCount;
            return unchecked((uint)(_mode == TimerMode.Periodic
                ? _initialCount - (counts % _initialCount)
                : _initialCount - Math.Min(counts, _initialCount)));
        }
    }

    // Bits 0, 1 and 3 of the register: 0 divides by 2, 6 by 128, 7 by 1 (figure 11-10).
    private int DivideShift => (int)((((_divideConfiguration & 3) | ((_divideConfiguration >> 1) & 4)) + 1) & 7);

    private ulong TicksPerCount => TicksPerBusCycle << DivideShift;

    /// <inheritdoc/>
    public void Expire()
    {
        if (_mode == TimerMode.Periodic)
        {
            ulong period = _initialCount * TicksPerCount;
            _startTick += (_clock.Now - _startTick) / period * period;
            Deadline = _startTick + period;
        }
        else
        {
            _tscDeadline = 0;
            Deadline = ulong.MaxValue;
        }

        _expired();
    }

    internal void SetMode(uint lvtMode)
    {
        var next = (TimerMode)lvtMode;
        if (next == _mode)
        {
            return;
        }

        // A change to or from TSC-deadline mode disarms the timer (SDM 3A 11.5.4.1); one-shot and periodic share their count.
        if (next is TimerMode.TscDeadline or TimerMode.Reserved || _mode is TimerMode.TscDeadline or TimerMode.Reserved)
        {
            _initialCount = 0;
            _tscDeadline = 0;
        }
        else if (next == TimerMode.Periodic && _initialCount != 0 && CurrentCount == 0)
        {
            _startTick = _clock.Now;
        }

        _mode = next;
        UpdateDeadline();
    }

    internal void SetInitialCount(uint value)
    {
        if (_mode == TimerMode.TscDeadline)
        {
            return;
        }

        _initialCount = value;
        _startTick = _clock.Now;
        UpdateDeadline();
    }

    internal void SetDivideConfiguration(uint value)
    {
        // The count reached so far stays: counting goes on from it at the new rate.
        ulong counted = _initialCount - CurrentCount;
        _divideConfiguration = value & 0xB;
        _startTick = unchecked(_clock.Now - (counted * TicksPerCount));
        UpdateDeadline();
    }

    internal void SetTscDeadline(ulong value)
    {
        if (_mode == TimerMode.TscDeadline)
        {
            _tscDeadline = value;
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
        _mode = TimerMode.OneShot;
        _divideConfiguration = 0;
        _initialCount = 0;
        _startTick = 0;
        _tscDeadline = 0;
        UpdateDeadline();
    }

    internal void Save(StateWriter writer)
    {
        writer.WriteByte((byte)_mode);
        writer.WriteUInt32(_divideConfiguration);
        writer.WriteUInt32(_initialCount);
        writer.WriteUInt64(_startTick);
        writer.WriteUInt64(_tscDeadline);
        writer.WriteUInt64(TscOffset);
        writer.WriteUInt64(Deadline);
    }

    internal void Restore(StateReader reader)
    {
        _mode = (TimerMode)(reader.ReadByte() & 3);
        _divideConfiguration = reader.ReadUInt32() & 0xB;
        _initialCount = reader.ReadUInt32();
        _startTick = reader.ReadUInt64();
        _tscDeadline = reader.ReadUInt64();
        TscOffset = reader.ReadUInt64();
        Deadline = reader.ReadUInt64();
        if (_mode == TimerMode.Periodic && _initialCount == 0)
        {
            Deadline = ulong.MaxValue;
        }
    }

    private void UpdateDeadline() => Deadline = _mode switch
    {
        TimerMode.TscDeadline => _tscDeadline == 0 ? ulong.MaxValue : TickOfTsc(_tscDeadline),
        TimerMode.Reserved => ulong.MaxValue,
        _ => CurrentCount == 0 ? ulong.MaxValue : unchecked(_startTick + ((((_clock.Now - _startTick) / TicksPerCount) + CurrentCount) * TicksPerCount)),
    };

    private ulong TickOfTsc(ulong tsc)
    {
        ulong now = _clock.Now;
        ulong reached = unchecked(now + TscOffset);
        return tsc <= reached ? now : now + Math.Min(tsc - reached, ulong.MaxValue - now);
    }
}
