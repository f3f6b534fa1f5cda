namespace Guest.Machine.Tests.Devices;

public sealed class Pit8254Tests
{
    private const ulong Hertz = 1_193_182;
    private readonly TestBoard board = new();

    [Fact]
    public void Mode_2_fires_every_period_at_the_exact_tick()
    {
        Program(0, 0x34, 11_932);
        for (ulong period = 1; period <= 5; period++)
        {
            // Loaded with the first cycle after the write at cycle 0.
            Assert.Equal(TickOf(1 + (period * 11_932)), board.Board.Timers[0].Deadline);
            board.AdvanceTo(board.Board.Timers[0].Deadline);
        }
    }

    [Fact]
    public void Mode_0_fires_once_and_its_output_stays_high()
    {
        Program(0, 0x30, 1000);
        Assert.Equal(TickOf(1001), board.Board.Timers[0].Deadline);
        board.AdvanceTo(TickOf(1001) - 1);
        Assert.Equal(0, Status(0) & 0x80);
        board.Advance(1);
        Assert.Equal(0x80, Status(0) & 0x80);
        Assert.Equal(ulong.MaxValue, board.Board.Timers[0].Deadline);
    }

    [Fact]
    public void A_latched_count_stands_still_while_it_is_read()
    {
        Program(0, 0x34, 0x8000);
        board.AdvanceTo(TickOf(1 + 0x123));
        board.Out(0x43, 0x00);
        board.Advance(1_000_000);
        Assert.Equal(0x8000 - 0x123, ReadCount(0));
        board.Out(0x43, 0x00);
        Assert.NotEqual(0x8000 - 0x123, ReadCount(0));
    }

    [Fact]
    public void Counting_down_once_a_cycle_wraps_to_the_period()
    {
        Program(0, 0x34, 3);
        int[] expected = [3, 2, 1, 3, 2, 1, 3];
        for (int i = 0; i < expected.Length; i++)
        {
            board.AdvanceTo(TickOf((ulong)(1 + i)));
            Assert.Equal(expected[i], ReadCount(0));
        }
    }

    [Theory]
    [InlineData(4, new[] { 4, 2, 4, 2, 4 }, new[] { true, true, false, false, true })]
    [InlineData(5, new[] { 4, 2, 0, 4, 2, 4 }, new[] { true, true, true, false, false, true })]
    public void The_square_wave_counts_by_twos_and_is_high_for_the_longer_half(int count, int[] counts, bool[] outputs)
    {
        Program(0, 0x36, (ushort)count);
        for (int i = 0; i < counts.Length; i++)
        {
            board.AdvanceTo(TickOf((ulong)(1 + i)));
            Assert.Equal(counts[i], ReadCount(0));
            Assert.Equal(outputs[i], (Status(0) & 0x80) != 0);
        }
    }

    [Fact]
    public void A_new_count_in_a_periodic_mode_waits_for_the_end_of_the_period()
    {
        Program(0, 0x34, 1000);
        board.AdvanceTo(TickOf(500));
        board.Out(0x40, 0x58);
        board.Out(0x40, 0x02);
        Assert.Equal(TickOf(1001), board.Board.Timers[0].Deadline);
        board.AdvanceTo(TickOf(1001));
        Assert.Equal(TickOf(1001 + 600), board.Board.Timers[0].Deadline);
        Assert.Equal(600, ReadCount(0));
    }

    [Fact]
    public void Linuxs_calibration_sees_the_third_counter_run_out_on_port_61()
    {
        board.AdvanceTo(12_345_678);
        board.Out(0x61, (byte)((board.In(0x61) & ~0x02) | 0x01));
        ulong begin = Cycle;
        Program(2, 0xB0, 0x2E9C);
        Assert.Equal(0, board.In(0x61) & 0x20);
        board.AdvanceTo(TickOf(begin + 1 + 0x2E9C) - 1);
        Assert.Equal(0, board.In(0x61) & 0x20);
        board.Advance(1);
        Assert.Equal(0x20, board.In(0x61) & 0x20);
    }

    [Fact]
    public void A_low_gate_holds_the_count_of_mode_0_and_a_high_one_lets_it_go_on()
    {
        board.Out(0x61, 1);
        Program(2, 0xB0, 1000);
        board.AdvanceTo(TickOf(101));
        board.Out(0x61, 0);
        int held = ReadCount(2);
        Assert.Equal(900, held);
        board.AdvanceTo(TickOf(5000));
        Assert.Equal(held, ReadCount(2));
        board.Out(0x61, 1);
        board.AdvanceTo(TickOf(5010));
        Assert.Equal(held - 10, ReadCount(2));
    }

    [Fact]
    public void A_rising_gate_triggers_the_one_shot()
    {
        Program(2, 0xB2, 100);
        Assert.Equal(0x20, board.In(0x61) & 0x20);
        board.Out(0x61, 1);
        board.AdvanceTo(TickOf(1));
        Assert.Equal(0, board.In(0x61) & 0x20);
        board.AdvanceTo(TickOf(101));
        Assert.Equal(0x20, board.In(0x61) & 0x20);
    }

    [Fact]
    public void The_refresh_bit_toggles_every_18_cycles()
    {
        int toggles = 0;
        int last = board.In(0x61) & 0x10;
        for (ulong cycle = 0; cycle <= 180; cycle++)
        {
            board.AdvanceTo(TickOf(cycle));
            int now = board.In(0x61) & 0x10;
            toggles += now == last ? 0 : 1;
            last = now;
        }

        Assert.Equal(10, toggles);
    }

    [Fact]
    public void The_read_back_command_latches_status_then_count()
    {
        Program(0, 0x34, 1000);
        board.AdvanceTo(TickOf(11));
        board.Out(0x43, 0xC2);
        board.Advance(5_000_000);
        Assert.Equal(0xB4, board.In(0x40));
        Assert.Equal(990, board.In(0x40) | (board.In(0x40) << 8));
    }

    [Fact]
    public void A_counter_without_a_count_says_so()
    {
        board.Out(0x43, 0x34);
        Assert.Equal(0x40, Status(0) & 0x40);
        board.Out(0x40, 1);
        board.Out(0x40, 1);
        Assert.Equal(0, Status(0) & 0x40);
    }

    [Fact]
    public void Decimal_counting_borrows_by_tens()
    {
        Program(0, 0x31, 0x1000);
        board.AdvanceTo(TickOf(2));
        Assert.Equal(0x0999, ReadCount(0));
    }

    [Fact]
    public void A_count_of_zero_is_the_longest_one()
    {
        Program(0, 0x34, 0);
        Assert.Equal(TickOf(1 + 65_536), board.Board.Timers[0].Deadline);
    }

    private static ulong TickOf(ulong cycle) => (ulong)((((UInt128)cycle * 1_000_000_000) + Hertz - 1) / Hertz);

    private ulong Cycle => (ulong)((UInt128)board.Now * Hertz / 1_000_000_000);

    private void Program(int channel, byte control, ushort count)
    {
        board.Out(0x43, control);
        board.Out((ushort)(0x40 + channel), (byte)count);
        board.Out((ushort)(0x40 + channel), (byte)(count >> 8));
    }

    private int ReadCount(int channel)
    {
        board.Out(0x43, (byte)(channel << 6));
        ushort port = (ushort)(0x40 + channel);
        return board.In(port) | (board.In(port) << 8);
    }

    private byte Status(int channel)
    {
        board.Out(0x43, (byte)(0xE0 | (2 << channel)));
        return board.In((ushort)(0x40 + channel));
    }
}
