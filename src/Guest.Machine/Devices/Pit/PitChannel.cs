using Guest.Machine.State;

namespace Guest.Machine.Devices.Pit;

/// <summary>One counter of the 8254 (Intel 8254 data sheet). Times are cycles of its 1.193182 MHz clock since machine start.</summary>
/// <remarks>
/// Nothing counts in memory: count and output are functions of the cycle. A count written while modes 2 and 3 run takes effect at the end
/// of the running period.
/// </remarks>
internal sealed class PitChannel
{
    private readonly byte[] latchedCount = new byte[2];
    private int mode;
    private int access = 3;
    private bool bcd;
    private bool gate;
    private bool loaded;
    private bool triggered;
    private uint count = 0x10000;
    private long start;
    private bool hasNext;
    private uint nextCount = 0x10000;
    private long nextStart;
    private long paused;
    private bool writeHigh;
    private bool readHigh;
    private byte writtenLow;
    private bool countLatched;
    private bool statusLatched;
    private byte status;

    internal PitChannel(bool gate) => this.gate = gate;

    internal bool Gate => gate;

    private bool Periodic => mode is 2 or 3;

    private bool ByTrigger => mode is 1 or 5;

    // A count is there and counts: the gate lets it, or for the triggered modes a trigger came.
    private bool Running => loaded && (ByTrigger ? triggered : gate);

    private uint Modulus => bcd ? 10_000u : 0x10000u;

    /// <summary>The OUT pin at a cycle (data sheet figures 15 to 20).</summary>
    internal bool Output(long cycle)
    {
        if (!loaded)
        {
            return mode != 0;
        }

        long elapsed = Elapsed(cycle, out uint period);
        return mode switch
        {
            0 => elapsed >= period,
            1 => !triggered || cycle < start || elapsed >= period,
            2 => !gate || elapsed % period != period - 1,
            3 => !gate || elapsed % period < (period + 1) / 2,
            4 => elapsed != period,
            _ => !triggered || elapsed != period,
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
        long rise = start + count + (mode is 4 or 5 ? 1 : 0);
        return rise > cycle ? rise : long.MaxValue;
    }

    internal void WriteControl(byte value)
    {
        // Modes 6 and 7 are 2 and 3 (data sheet figure 7).
        mode = (value >> 1) & 7;
        mode = mode > 5 ? mode & 3 : mode;
        bcd = (value & 1) != 0;
        access = (value >> 4) & 3;
        loaded = false;
        triggered = false;
        hasNext = false;
        writeHigh = false;
        readHigh = false;
        countLatched = false;
        statusLatched = false;
    }

    internal void WriteCount(byte value, long cycle)
    {
        if (access == 3 && !writeHigh)
        {
            writtenLow = value;
            writeHigh = true;

            // The first byte of a new count stops mode 0 and drives OUT low.
            loaded &= mode != 0;
            return;
        }

        writeHigh = false;
        Load(FromRaw(access switch
        {
            1 => value,
            2 => (uint)value << 8,
            _ => ((uint)value << 8) | writtenLow,
        }), cycle);
    }

    internal void SetGate(bool high, long cycle)
    {
        if (high == gate)
        {
            return;
        }

        if (!high)
        {
            Fold(cycle);
            paused = Elapsed(cycle, out _);
        }
        else if (mode is 0 or 4)
        {
            start = cycle - paused;
        }
        else if (loaded)
        {
            // A rising gate restarts the periodic modes and triggers modes 1 and 5, with the newest count.
            count = hasNext ? nextCount : count;
            hasNext = false;
            start = cycle + 1;
            triggered = true;
        }

        gate = high;
    }

    internal void LatchCount(long cycle)
    {
        if (!countLatched)
        {
            uint raw = Raw(cycle);
            latchedCount[0] = (byte)raw;
            latchedCount[1] = (byte)(raw >> 8);
            countLatched = true;
        }
    }

    internal void LatchStatus(long cycle)
    {
        if (!statusLatched)
        {
            bool nullCount = !loaded || (hasNext && (ByTrigger || cycle < nextStart));
            status = (byte)((Output(cycle) ? 0x80 : 0) | (nullCount ? 0x40 : 0) | (access << 4) | (mode << 1) | (bcd ? 1 : 0));
            statusLatched = true;
        }
    }

    internal byte Read(long cycle)
    {
        if (statusLatched)
        {
            statusLatched = false;
            return status;
        }

        bool high = access == 2 || (access == 3 && readHigh);
        readHigh = access == 3 && !readHigh;
        byte value = countLatched ? latchedCount[high ? 1 : 0] : (byte)(Raw(cycle) >> (high ? 8 : 0));
        countLatched &= access == 3 && !high;
        return value;
    }

    internal void Save(StateWriter writer)
    {
        writer.WriteBytes([(byte)mode, (byte)access, writtenLow, status, latchedCount[0], latchedCount[1]]);
        foreach (bool flag in (ReadOnlySpan<bool>)[bcd, gate, loaded, triggered, hasNext, writeHigh, readHigh, countLatched, statusLatched])
        {
            writer.WriteBool(flag);
        }

        writer.WriteUInt32(count);
        writer.WriteUInt32(nextCount);
        writer.WriteInt64(start);
        writer.WriteInt64(nextStart);
        writer.WriteInt64(paused);
    }

    internal void Restore(StateReader reader)
    {
        mode = reader.ReadByte() % 6;
        access = reader.ReadByte() & 3;
        writtenLow = reader.ReadByte();
        status = reader.ReadByte();
        reader.ReadBytes(latchedCount);
        bcd = reader.ReadBool();
        gate = reader.ReadBool();
        loaded = reader.ReadBool();
        triggered = reader.ReadBool();
        hasNext = reader.ReadBool();
        writeHigh = reader.ReadBool();
        readHigh = reader.ReadBool();
        countLatched = reader.ReadBool();
        statusLatched = reader.ReadBool();
        count = Math.Clamp(reader.ReadUInt32(), 1, 0x10000);
        nextCount = Math.Clamp(reader.ReadUInt32(), 1, 0x10000);
        start = reader.ReadInt64();
        nextStart = reader.ReadInt64();
        paused = reader.ReadInt64();
    }

    private void Load(uint value, long cycle)
    {
        Fold(cycle);
        if (loaded && ByTrigger)
        {
            hasNext = true;
            nextCount = value;
        }
        else if (loaded && Periodic && gate && cycle >= start)
        {
            nextStart = NextRise(cycle);
            nextCount = value;
            hasNext = true;
        }
        else
        {
            // The count is taken over with the next pulse of the clock.
            count = value;
            start = cycle + 1;
            paused = 0;
            loaded = true;
        }
    }

    // Makes a count that has taken effect by this cycle the only one.
    private void Fold(long cycle)
    {
        if (Periodic && hasNext)
        {
            (start, count) = Effective(cycle);
            hasNext = cycle < nextStart;
        }
    }

    private (long Start, uint Count) Effective(long cycle) =>
        Periodic && hasNext && cycle >= nextStart ? (nextStart, nextCount) : (start, count);

    private long Elapsed(long cycle, out uint period)
    {
        (long from, period) = Effective(cycle);
        return !gate && !ByTrigger ? paused : Math.Max(0, cycle - from);
    }

    private uint Raw(long cycle)
    {
        long elapsed = loaded && !(ByTrigger && !triggered) ? Elapsed(cycle, out uint period) : ElapsedOfIdle(out period);
        long value = mode switch
        {
            2 => period - (elapsed % period),
            3 => SquareWaveCount(elapsed % period, period),
            _ => period - elapsed,
        };
        return ToRaw((uint)(((value % Modulus) + Modulus) % Modulus));
    }

    private long ElapsedOfIdle(out uint period)
    {
        period = count;
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
        if (!bcd)
        {
            return raw == 0 ? 0x10000 : raw;
        }

        uint value = ((raw >> 12) * 1000) + (((raw >> 8) & 15) * 100) + (((raw >> 4) & 15) * 10) + (raw & 15);
        return value == 0 ? 10_000 : value;
    }

    private uint ToRaw(uint value) => !bcd
        ? value
        : ((value / 1000) << 12) | (value / 100 % 10 << 8) | (value / 10 % 10 << 4) | (value % 10);
}
