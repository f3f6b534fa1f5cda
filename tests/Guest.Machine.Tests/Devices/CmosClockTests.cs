using Guest.Machine.Board;
using Guest.Machine.Devices.Apic;

namespace Guest.Machine.Tests.Devices;

public sealed class CmosClockTests
{
    private const ulong Second = 1_000_000_000;
    private const byte RegisterA = 0x0A;
    private const byte RegisterB = 0x0B;
    private const byte RegisterC = 0x0C;
    private readonly TestBoard board = new();

    private LocalApic Apic => board.Apic;

    private ulong Deadline => board.Board.Timers[TimerNumbers.Rtc].Deadline;

    [Fact]
    public void It_shows_the_start_time_in_decimal_and_24_hours_with_its_century() =>
        Assert.Equal(new DateTime(2023, 11, 14, 22, 13, 20), ReadTime());

    [Fact]
    public void Time_goes_by_with_the_machines_clock()
    {
        board.Advance((86_400ul * 500 * Second) - 1);
        Assert.Equal(DateTime.UnixEpoch.AddSeconds(TestBoard.StartSeconds + (86_400 * 500) - 1), ReadTime());
        board.Advance(1);
        Assert.Equal(DateTime.UnixEpoch.AddSeconds(TestBoard.StartSeconds + (86_400 * 500)), ReadTime());
    }

    [Fact]
    public void Every_day_of_four_centuries_is_the_calendars()
    {
        var first = new DateTime(1900, 1, 1);
        Write(RegisterB, 0x82);
        for (int day = 0; day < 146_097; day += 13)
        {
            DateTime date = first.AddDays(day);
            SetTime(date);
            Write(RegisterB, 0x02);
            Assert.Equal(date, ReadTime());
            Assert.Equal((int)date.DayOfWeek + 1, Read(0x06));
            Write(RegisterB, 0x82);
        }
    }

    [Fact]
    public void A_time_that_is_set_stands_until_the_set_bit_goes_and_then_runs()
    {
        Write(RegisterB, 0x82);
        SetTime(new DateTime(2024, 2, 28, 23, 59, 59));
        board.Advance(10 * Second);
        Assert.Equal(new DateTime(2024, 2, 28, 23, 59, 59), ReadTime());
        Write(RegisterB, 0x02);
        board.Advance(Second);
        Assert.Equal(new DateTime(2024, 2, 29), ReadTime());
    }

    [Fact]
    public void After_a_divider_reset_the_first_update_comes_half_a_second_later()
    {
        board.Advance(123_456_789);
        Write(RegisterA, 0x76);
        SetTime(new DateTime(2030, 1, 1));
        Write(RegisterA, 0x26);
        board.Advance((Second / 2) - 1);
        Assert.Equal(new DateTime(2030, 1, 1), ReadTime());
        board.Advance(1);
        Assert.Equal(new DateTime(2030, 1, 1, 0, 0, 1), ReadTime());
    }

    [Fact]
    public void An_update_is_announced_244_microseconds_ahead()
    {
        board.Advance(Second - 244_001);
        Assert.Equal(0, Read(RegisterA) & 0x80);
        board.Advance(1);
        Assert.Equal(0x80, Read(RegisterA) & 0x80);
        board.Advance(243_999);
        Assert.Equal(0x80, Read(RegisterA) & 0x80);
        board.Advance(1);
        Assert.Equal(0, Read(RegisterA) & 0x80);
    }

    [Theory]
    [InlineData(0, 0x12)]
    [InlineData(1, 0x01)]
    [InlineData(11, 0x11)]
    [InlineData(12, 0x92)]
    [InlineData(23, 0x91)]
    public void Twelve_hours_carry_the_afternoon_in_the_highest_bit(int hour, byte shown)
    {
        Write(RegisterB, 0x80);
        Write(0x04, shown);
        Assert.Equal(shown, Read(0x04));
        Write(RegisterB, 0x82);
        Assert.Equal(((hour / 10) << 4) | (hour % 10), Read(0x04));
    }

    [Fact]
    public void Binary_mode_shows_plain_numbers()
    {
        Write(RegisterB, 0x06);
        Assert.Equal(20, Read(0x00));
        Assert.Equal(13, Read(0x02));
        Assert.Equal(22, Read(0x04));
        Assert.Equal(20, Read(0x32));
    }

    [Fact]
    public void The_update_interrupt_comes_with_each_second_once_its_flag_was_read()
    {
        board.RouteIoApic(8, 0x38);
        Read(RegisterC);
        Write(RegisterB, 0x12);
        Assert.Equal(Second, Deadline);
        board.AdvanceTo(Second);
        Assert.Equal(0x38, Apic.Acknowledge());
        board.ApicWrite(0xB0, 0);
        board.Advance(10 * Second);
        Assert.False(Apic.HasInterrupt);
        Assert.Equal(0x90, Read(RegisterC) & 0x90);
        Assert.Equal(0, Read(RegisterC));
        board.Advance(Second);
        Assert.Equal(0x38, Apic.Acknowledge());
    }

    [Fact]
    public void The_periodic_interrupt_keeps_its_rate()
    {
        Write(RegisterA, 0x26);
        Write(RegisterB, 0x42);
        int count = 0;
        while (board.Now < Second)
        {
            board.AdvanceTo(Deadline);
            Assert.Equal(0xC0, Read(RegisterC) & 0xC0);
            count++;
        }

        Assert.Equal(1024, count);
    }

    [Theory]
    [InlineData(0x22, 0x13, 0x25, 5)]
    [InlineData(0xC0, 0xC0, 0x00, 40)]
    [InlineData(0xFF, 0x14, 0x00, 40)]
    [InlineData(0xFF, 0x10, 0x00, (56 * 60) + 40)]
    [InlineData(0x22, 0x13, 0x20, 86_400)]
    [InlineData(0x00, 0x00, 0x00, (106 * 60) + 40)]
    [InlineData(0xC0, 0xC0, 0xC0, 1)]
    public void The_alarm_comes_at_the_next_second_that_matches(byte hour, byte minute, byte second, int after)
    {
        Write(0x05, hour);
        Write(0x03, minute);
        Write(0x01, second);
        Write(RegisterB, 0x22);
        Assert.Equal((ulong)after * Second, Deadline);
        board.Advance(((ulong)after * Second) - 1);
        Assert.Equal(0, Read(RegisterC) & 0x20);
        board.Advance(1);
        Assert.Equal(0xA0, Read(RegisterC) & 0xA0);
    }

    [Fact]
    public void An_alarm_that_never_matches_waits_for_ever()
    {
        Write(0x05, 0x77);
        Write(RegisterB, 0x22);
        Assert.Equal(ulong.MaxValue, Deadline);
        board.Advance(200_000 * Second);
        Assert.Equal(0, Read(RegisterC) & 0x20);
    }

    [Fact]
    public void Flags_come_up_without_their_interrupts()
    {
        board.Advance(3 * Second);
        Assert.Equal(0x50, Read(RegisterC));
        Assert.Equal(0, Read(RegisterC));
    }

    [Fact]
    public void Setting_the_time_switches_the_update_interrupt_off()
    {
        Write(RegisterB, 0x92);
        Assert.Equal(0x82, Read(RegisterB));
    }

    [Fact]
    public void The_memory_behind_the_registers_keeps_what_is_written()
    {
        for (byte at = 0x0E; at < 0x80; at++)
        {
            if (at != 0x32)
            {
                Write(at, (byte)(at * 3));
            }
        }

        for (byte at = 0x0E; at < 0x80; at++)
        {
            if (at != 0x32)
            {
                Assert.Equal((byte)(at * 3), Read(at));
            }
        }

        Assert.Equal(0x80, Read(0x0D));
    }

    private byte Read(byte register)
    {
        board.Out(0x70, (byte)(0x80 | register));
        return board.In(0x71);
    }

    private void Write(byte register, byte value)
    {
        board.Out(0x70, register);
        board.Out(0x71, value);
    }

    private DateTime ReadTime() => new(
        (Decimal(0x32) * 100) + Decimal(0x09), Decimal(0x08), Decimal(0x07), Decimal(0x04), Decimal(0x02), Decimal(0x00));

    private int Decimal(byte register)
    {
        byte value = Read(register);
        return ((value >> 4) * 10) + (value & 15);
    }

    private void SetTime(DateTime time)
    {
        WriteDecimal(0x32, time.Year / 100);
        WriteDecimal(0x09, time.Year % 100);
        WriteDecimal(0x08, time.Month);
        WriteDecimal(0x07, time.Day);
        WriteDecimal(0x04, time.Hour);
        WriteDecimal(0x02, time.Minute);
        WriteDecimal(0x00, time.Second);
    }

    private void WriteDecimal(byte register, int value) => Write(register, (byte)(((value / 10) << 4) | (value % 10)));
}
