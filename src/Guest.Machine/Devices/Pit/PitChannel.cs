namespace Guest.Machine.Devices.Pit;

/// <summary>One counter of the 8254 (Intel 8254 data sheet). Times are cycles of its 1.193182 MHz clock since machine start.</summary>
/// <remarks>
/// Nothing counts in memory: count and output are functions of the cycle. A count written while modes 2 and 3 run takes effect at the end
/// of the running period.
/// </remarks>
internal sealed partial class PitChannel
{
    private readonly byte[] _latchedCount = new byte[2];
    private int _mode;
    private int _access = 3;
    private bool _bcd;
    private bool _gate;
    private bool _loaded;
    private bool _triggered;
    private uint _count = 0x10000;
    private long _start;
    private bool _hasNext;
    private uint _nextCount = 0x10000;
    private long _nextStart;
    private long _paused;
    private bool _writeHigh;
    private bool _readHigh;
    private byte _writtenLow;
    private bool _countLatched;
    private bool _statusLatched;
    private byte _status;

    internal PitChannel(bool gate) => _gate = gate;

    internal bool Gate => _gate;

    private bool Periodic => _mode is 2 or 3;

    private bool ByTrigger => _mode is 1 or 5;

    // A count is there and counts: the gate lets it, or for the triggered modes a trigger came.
    private bool Running => _loaded && (ByTrigger ? _triggered : _gate);

    private uint Modulus => _bcd ? 10_000u : 0x10000u;

    /// <summary>The OUT pin at a cycle (data sheet figures 15 to 20).</summary>
    internal bool Output(long cycle)
    {
        if (!_loaded)
        {
            return _mode != 0;
        }

        long elapsed = Elapsed(cycle, out uint period);
        return _mode switch
        {
            0 => elapsed >= period,
            1 => !_triggered || cycle < _start || elapsed >= period,
            2 => !_gate || elapsed % period != period - 1,
            3 => !_gate || elapsed % period < (period + 1) / 2,
            4 => elapsed != period,
            _ => !_triggered || elapsed != period,
        };
    }

    /// <summary>The next cycle after this one at which OUT rises; <see cref="long.MaxValue"/> where it will not by itself.</summary>
    internal long NextRise(long cycle)
    {
        if (!Running)
        {
            return long.MaxValue;
        }

        if (Periodic)
        {
            (long from, uint period) = Effective(cycle);
            return cycle < from ? from + period : from + ((((cycle - from) / period) + 1) * period);
        }

        // The strobes of modes 4 and 5 are low for one cycle.
        long rise = _start + _count + (_mode is 4 or 5 ? 1 : 0);
        return rise > cycle ? rise : long.MaxValue;
    }

    internal void WriteControl(byte value)
    {
        // Modes 6 and 7 are 2 and 3 (data sheet figure 7).
        _mode = (value >> 1) & 7;
        _mode = _mode > 5 ? _mode & 3 : _mode;
        _bcd = (value & 1) != 0;
        _access = (value >> 4) & 3;
        _loaded = false;
        _triggered = false;
        _hasNext = false;
        _writeHigh = false;
        _readHigh = false;
        _countLatched = false;
        _statusLatched = false;
    }

    internal void WriteCount(byte value, long cycle)
    {
        if (_access == 3 && !_writeHigh)
        {
            _writtenLow = value;
            _writeHigh = true;

            // The first byte of a new count stops mode 0 and drives OUT low.
            _loaded &= _mode != 0;
            return;
        }

        _writeHigh = false;
        Load(FromRaw(_access switch
        {
            1 => value,
            2 => (uint)value << 8,
            _ => ((uint)value << 8) | _writtenLow,
        }), cycle);
    }

    internal void SetGate(bool high, long cycle)
    {
        if (high == _gate)
        {
            return;
        }

        if (!high)
        {
            Fold(cycle);
            _paused = Elapsed(cycle, out _);
        }
        else if (_mode is 0 or 4)
        {
            _start = cycle - _paused;
        }
        else if (_loaded)
        {
            // A rising gate restarts the periodic modes and triggers modes 1 and 5, with the newest count.
            _count = _hasNext ? _nextCount : _count;
            _hasNext = false;
            _start = cycle + 1;
            _triggered = true;
        }

        _gate = high;
    }

    internal void LatchCount(long cycle)
    {
        if (!_countLatched)
        {
            uint raw = Raw(cycle);
            _latchedCount[0] = (byte)raw;
            _latchedCount[1] = (byte)(raw >> 8);
            _countLatched = true;
        }
    }

    internal void LatchStatus(long cycle)
    {
        if (!_statusLatched)
        {
            bool nullCount = !_loaded || (_hasNext && (ByTrigger || cycle < _nextStart));
            _status = (byte)((Output(cycle) ? 0x80 : 0) | (nullCount ? 0x40 : 0) | (_access << 4) | (_mode << 1) | (_bcd ? 1 : 0));
            _statusLatched = true;
        }
    }

    internal byte Read(long cycle)
    {
        if (_statusLatched)
        {
            _statusLatched = false;
            return _status;
        }

        bool high = _access == 2 || (_access == 3 && _readHigh);
        _readHigh = _access == 3 && !_readHigh;
        byte value = _countLatched ? _latchedCount[high ? 1 : 0] : (byte)(Raw(cycle) >> (high ? 8 : 0));
        _countLatched &= _access == 3 && !high;
        return value;
    }

    private void Load(uint value, long cycle)
    {
        Fold(cycle);
        if (_loaded && ByTrigger)
        {
            _hasNext = true;
            _nextCount = value;
        }
        else if (_loaded && Periodic && _gate && cycle >= _start)
        {
            _nextStart = NextRise(cycle);
            _nextCount = value;
            _hasNext = true;
        }
        else
        {
            // The count is taken over with the next pulse of the clock.
            _count = value;
            _start = cycle + 1;
            _paused = 0;
            _loaded = true;
        }
    }

    // Makes a count that has taken effect by this cycle the only one.
    private void Fold(long cycle)
    {
        if (Periodic && _hasNext)
        {
            (_start, _count) = Effective(cycle);
            _hasNext = cycle < _nextStart;
        }
    }

    private (long Start, uint Count) Effective(long cycle) =>
        Periodic && _hasNext && cycle >= _nextStart ? (_nextStart, _nextCount) : (_start, _count);

    private long Elapsed(long cycle, out uint period)
    {
        (long from, period) = Effective(cycle);
        return !_gate && !ByTrigger ? _paused : Math.Max(0, cycle - from);
    }

    private uint Raw(long cycle)
    {
        long elapsed = _loaded && !(ByTrigger && !_triggered) ? Elapsed(cycle, out uint period) : ElapsedOfIdle(out period);
        long value = _mode switch
        {
            2 => period - (elapsed % period),
            3 => SquareWaveCount(elapsed % period, period),
            _ => period - elapsed,
        };
        return ToRaw((uint)(((value % Modulus) + Modulus) % Modulus));
    }

    private long ElapsedOfIdle(out uint period)
    {
        period = _count;
        return 0;
    }

    // Mode 3 counts down by two, twice a period; an odd count spends its extra cycle in the high half.
    private static long SquareWaveCount(long phase, uint period)
    {
        uint even = period & ~1u;
        long high = (period + 1) / 2;
        return phase < high ? even - (2 * phase) : even - (2 * (phase - high));
    }

    private uint FromRaw(uint raw)
    {
        if (!_bcd)
        {
            return raw == 0 ? 0x10000 : raw;
        }

        uint value = ((raw >> 12) * 1000) + (((raw >> 8) & 15) * 100) + (((raw >> 4) & 15) * 10) + (raw & 15);
        return value == 0 ? 10_000 : value;
    }

    private uint ToRaw(uint value) => !_bcd
        ? value
        : ((value / 1000) << 12) | (value / 100 % 10 << 8) | (value / 10 % 10 << 4) | (value % 10);
}
