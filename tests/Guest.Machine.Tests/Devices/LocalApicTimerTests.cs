using Guest.Machine.Devices.Apic;

namespace Guest.Machine.Tests.Devices;

public sealed class LocalApicTimerTests
{
    private const ulong End = 0xB0;
    private const ulong LvtTimer = 0x320;
    private const ulong InitialCount = 0x380;
    private const ulong CurrentCount = 0x390;
    private const ulong Divide = 0x3E0;
    private const ulong DivideBy1 = 0xB;

    private readonly TestBoard board = new();

    private LocalApic Apic => board.Apic;

    [Fact]
    public void The_one_shot_timer_counts_40_ticks_a_step_and_fires_once_at_the_exact_tick()
    {
        board.AdvanceTo(1_003);
        board.ApicWrite(LvtTimer, 0x31);
        board.ApicWrite(Divide, (uint)DivideBy1);
        board.ApicWrite(InitialCount, 100);
        Assert.Equal(1_003ul + (100 * 40), board.Board.NextDeadline);
        board.Advance(39);
        Assert.Equal(100u, board.ApicRead(CurrentCount));
        board.Advance(1);
        Assert.Equal(99u, board.ApicRead(CurrentCount));
        board.AdvanceTo(1_003 + 3_999);
        Assert.False(Apic.HasInterrupt);
        board.Advance(1);
        Assert.Equal(0x31, Apic.Acknowledge());
        Assert.Equal(0u, board.ApicRead(CurrentCount));
        Assert.Equal(ulong.MaxValue, Apic.Timer.Deadline);
    }

    [Theory]
    [InlineData(0x0u, 2)]
    [InlineData(0x1u, 4)]
    [InlineData(0x2u, 8)]
    [InlineData(0x3u, 16)]
    [InlineData(0x8u, 32)]
    [InlineData(0x9u, 64)]
    [InlineData(0xAu, 128)]
    [InlineData(0xBu, 1)]
    public void The_divide_configuration_is_the_manuals(uint configuration, int by)
    {
        board.ApicWrite(LvtTimer, 0x31);
        board.ApicWrite(Divide, configuration);
        board.ApicWrite(InitialCount, 1000);
        Assert.Equal(40_000ul * (ulong)by, Apic.Timer.Deadline);
    }

    [Fact]
    public void The_periodic_timer_keeps_its_phase_however_late_it_is_served()
    {
        board.ApicWrite(LvtTimer, 0x2_0031);
        board.ApicWrite(Divide, (uint)DivideBy1);
        board.ApicWrite(InitialCount, 1000);
        int fired = 0;
        for (ulong tick = 0; tick <= 400_000; tick += 25_000)
        {
            board.AdvanceTo(tick);
            if (Apic.HasInterrupt)
            {
                Assert.Equal(0x31, Apic.Acknowledge());
                board.ApicWrite(End, 0);
                fired++;
            }

            Assert.Equal(0ul, Apic.Timer.Deadline % 40_000);
        }

        Assert.Equal(10, fired);
    }

    [Fact]
    public void The_deadline_timer_fires_when_the_guests_own_counter_reaches_the_deadline()
    {
        board.AdvanceTo(5_000);
        board.ApicWrite(LvtTimer, 0x4_0031);
        Apic.TscOffset = 1_000_000;
        Assert.True(Apic.TryWriteMsr(0x6E0, 1_005_700));
        Assert.Equal(5_700ul, Apic.Timer.Deadline);
        board.AdvanceTo(5_699);
        Assert.False(Apic.HasInterrupt);
        board.AdvanceTo(5_700);
        Assert.True(Apic.HasInterrupt);
        Assert.True(Apic.TryReadMsr(0x6E0, out ulong left));
        Assert.Equal(0ul, left);
    }

    [Fact]
    public void A_deadline_in_the_past_is_due_at_once_and_zero_disarms()
    {
        board.AdvanceTo(5_000);
        board.ApicWrite(LvtTimer, 0x4_0031);
        Apic.TryWriteMsr(0x6E0, 4_000);
        Assert.Equal(5_000ul, Apic.Timer.Deadline);
        Apic.TryWriteMsr(0x6E0, 0);
        Assert.Equal(ulong.MaxValue, Apic.Timer.Deadline);
    }

    [Fact]
    public void Leaving_deadline_mode_disarms_and_outside_it_the_deadline_MSR_does_nothing()
    {
        board.ApicWrite(LvtTimer, 0x4_0031);
        Apic.TryWriteMsr(0x6E0, 10_000);
        board.ApicWrite(LvtTimer, 0x31);
        Assert.Equal(ulong.MaxValue, Apic.Timer.Deadline);
        Apic.TryWriteMsr(0x6E0, 10_000);
        Assert.Equal(ulong.MaxValue, Apic.Timer.Deadline);
        board.ApicWrite(LvtTimer, 0x4_0031);
        board.ApicWrite(InitialCount, 100);
        Assert.Equal(0u, board.ApicRead(CurrentCount));
        Assert.Equal(ulong.MaxValue, Apic.Timer.Deadline);
    }

    [Fact]
    public void A_masked_timer_runs_out_without_an_interrupt()
    {
        board.ApicWrite(LvtTimer, 0x1_0031);
        board.ApicWrite(InitialCount, 100);
        board.Advance(1_000_000);
        Assert.False(Apic.HasInterrupt);
        Assert.Equal(0u, board.ApicRead(CurrentCount));
    }
}
