namespace Guest.Machine.Devices.Rtc;

/// <content>The registers.</content>
public sealed partial class CmosClock
{
    private const int Seconds = 0x00;
    private const int SecondsAlarm = 0x01;
    private const int Minutes = 0x02;
    private const int MinutesAlarm = 0x03;
    private const int Hours = 0x04;
    private const int HoursAlarm = 0x05;
    private const int WeekDay = 0x06;
    private const int MonthDay = 0x07;
    private const int Month = 0x08;
    private const int Year = 0x09;
    private const int Century = 0x32;

    private const byte UpdateInProgress = 0x80;
    private const byte Hours24 = 0x02;
    private const byte Binary = 0x04;
    private const byte SetTime = 0x80;

    // The same bits in register B (enable) and register C (flag).
    private const byte UpdateFlag = 0x10;
    private const byte AlarmFlag = 0x20;
    private const byte PeriodicFlag = 0x40;
    private const byte InterruptFlags = UpdateFlag | AlarmFlag | PeriodicFlag;
    private const byte InterruptRequest = 0x80;
    private const byte ValidMemory = 0x80;
    private const byte AfternoonBit = 0x80;

    private Alarm AlarmTime => new(
        _memory[HoursAlarm] >= 0xC0 ? Alarm.Any : DecodeHour(_memory[HoursAlarm]),
        _memory[MinutesAlarm] >= 0xC0 ? Alarm.Any : Decode(_memory[MinutesAlarm]),
        _memory[SecondsAlarm] >= 0xC0 ? Alarm.Any : Decode(_memory[SecondsAlarm]));

    /// <inheritdoc/>
    public uint ReadPort(ushort port, int size) => (port & 1) == 0 ? 0xFFu : _index switch
    {
        0x0A => (byte)(_registerA | (UpdateComes ? UpdateInProgress : 0)),
        0x0B => _registerB,
        0x0C => ReadFlags(),
        0x0D => ValidMemory,
        Seconds or Minutes or Hours or >= WeekDay and <= Year or Century => ReadTime(_index),
        _ => _memory[_index],
    };

    /// <inheritdoc/>
    public void WritePort(ushort port, int size, uint value)
    {
        if ((port & 1) == 0)
        {
            _index = (byte)(value & 0x7F);
            return;
        }

        Evaluate();
        WriteRegister((byte)value);
        Update();
    }

    private bool UpdateComes => !Frozen && (Now - _phase) % TicksPerSecond >= TicksPerSecond - UpdateNotice;

    private void WriteRegister(byte value)
    {
        switch (_index)
        {
            case 0x0A:
                WriteA((byte)(value & 0x7F));
                break;
            case 0x0B:
                WriteB(value);
                break;
            case 0x0C or 0x0D:
                break;
            case Seconds or Minutes or Hours or (>= WeekDay and <= Year) or Century:
                WriteTime(value);
                break;
            default:
                _memory[_index] = value;
                break;
        }
    }

    private byte ReadFlags()
    {
        Evaluate();
        byte value = (byte)(_flags | (Interrupting ? InterruptRequest : 0));
        _flags = 0;
        Update();
        return value;
    }

    private void WriteA(byte value)
    {
        bool wasReset = DividerReset;
        bool wasFrozen = Frozen;
        CalendarTime time = Time;
        _registerA = value;
        if (wasReset && !DividerReset)
        {
            _phase = Now - HalfSecond;
        }

        FreezeOrGoOn(wasFrozen, time);
    }

    private void WriteB(byte value)
    {
        bool wasFrozen = Frozen;
        CalendarTime time = Time;

        // Setting the time switches the update interrupt off (data sheet, register B).
        _registerB = (value & SetTime) != 0 ? (byte)(value & ~UpdateFlag) : value;
        FreezeOrGoOn(wasFrozen, time);
    }

    private void FreezeOrGoOn(bool wasFrozen, CalendarTime time)
    {
        if (Frozen)
        {
            _held = time;
        }
        else if (wasFrozen)
        {
            GoOnFrom(time);
        }
    }

    private void GoOnFrom(CalendarTime time) => _baseSeconds = time.UnixSeconds - ((Now - _phase) / TicksPerSecond);

    private void WriteTime(byte value)
    {
        CalendarTime time = Time;
        time = _index switch
        {
            Seconds => time with { Second = Decode(value) },
            Minutes => time with { Minute = Decode(value) },
            Hours => time with { Hour = DecodeHour(value) },
            MonthDay => time with { Day = Decode(value) },
            Month => time with { Month = Decode(value) },
            Year => time with { Year = (time.Year / 100 * 100) + Decode(value) },
            Century => time with { Year = (Decode(value) * 100) + (time.Year % 100) },
            _ => time,
        };
        _held = time;
        if (!Frozen)
        {
            GoOnFrom(time);
        }
    }

    private byte ReadTime(int register)
    {
        CalendarTime time = Time;
        return register switch
        {
            Seconds => Encode(time.Second),
            Minutes => Encode(time.Minute),
            Hours => EncodeHour(time.Hour),
            WeekDay => Encode(time.DayOfWeek),
            MonthDay => Encode(time.Day),
            Month => Encode(time.Month),
            Year => Encode(time.Year % 100),
            _ => Encode(time.Year / 100),
        };
    }

    private byte Encode(int value) => (byte)((_registerB & Binary) != 0 ? value : ((value / 10) << 4) | (value % 10));

    private int Decode(byte value) => (_registerB & Binary) != 0 ? value : ((value >> 4) * 10) + (value & 15);

    private byte EncodeHour(int hour)
    {
        if ((_registerB & Hours24) != 0)
        {
            return Encode(hour);
        }

        byte value = Encode(hour % 12 == 0 ? 12 : hour % 12);
        return hour >= 12 ? (byte)(value | AfternoonBit) : value;
    }

    private int DecodeHour(byte value)
    {
        if ((_registerB & Hours24) != 0)
        {
            return Decode(value);
        }

        int hour = Decode((byte)(value & ~AfternoonBit)) % 12;
        return (value & AfternoonBit) != 0 ? hour + 12 : hour;
    }
}
