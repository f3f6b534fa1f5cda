using Guest.Machine.Devices.Apic;

namespace Guest.Machine.Tests.Devices;

public sealed class LocalApicTests
{
    private const ulong Id = 0x20;
    private const ulong Version = 0x30;
    private const ulong TaskPriority = 0x80;
    private const ulong ProcessorPriority = 0xA0;
    private const ulong End = 0xB0;
    private const ulong LogicalId = 0xD0;
    private const ulong DestinationFormat = 0xE0;
    private const ulong Spurious = 0xF0;
    private const ulong InService = 0x100;
    private const ulong Requested = 0x200;
    private const ulong ErrorStatus = 0x280;
    private const ulong CommandLow = 0x300;
    private const ulong CommandHigh = 0x310;
    private const ulong LvtTimer = 0x320;
    private const ulong LvtLint0 = 0x350;
    private const ulong LvtError = 0x370;
    private const ulong InitialCount = 0x380;
    private const ulong CurrentCount = 0x390;
    private const ulong Divide = 0x3E0;
    private const ulong DivideBy1 = 0xB;
    private const ulong Base = 0xFEE0_0000;

    private readonly TestBoard board = new();

    private LocalApic Apic => board.Apic;

    [Fact]
    public void It_is_an_integrated_APIC_with_six_local_entries()
    {
        Assert.Equal(0x0005_0014u, board.ApicRead(Version));
        Assert.Equal(0x0200_0000u, new TestBoard(cpus: 3) is var three
            ? (uint)three.Board.Mmio.Read(three.Board.LocalApics[2], new GuestPhysical(Base + Id), 4)
            : 0);
    }

    [Fact]
    public void A_self_interrupt_goes_from_requested_to_in_service_to_done()
    {
        SendSelf(0x41);
        Assert.True(Apic.HasInterrupt);
        Assert.Equal(2u, board.ApicRead(Requested + 0x20));
        Assert.Equal(0x41, Apic.Acknowledge());
        Assert.False(Apic.HasInterrupt);
        Assert.Equal(0u, board.ApicRead(Requested + 0x20));
        Assert.Equal(2u, board.ApicRead(InService + 0x20));
        Assert.Equal(0x40u, board.ApicRead(ProcessorPriority));
        board.ApicWrite(End, 0);
        Assert.Equal(0u, board.ApicRead(InService + 0x20));
        Assert.Equal(0u, board.ApicRead(ProcessorPriority));
    }

    [Fact]
    public void A_vector_of_the_same_priority_class_waits_for_the_end_of_the_one_in_service()
    {
        SendSelf(0x41);
        Apic.Acknowledge();
        SendSelf(0x4F);
        Assert.False(Apic.HasInterrupt);
        SendSelf(0x52);
        Assert.True(Apic.HasInterrupt);
        Assert.Equal(0x52, Apic.Acknowledge());
        board.ApicWrite(End, 0);
        Assert.False(Apic.HasInterrupt);
        board.ApicWrite(End, 0);
        Assert.Equal(0x4F, Apic.Acknowledge());
    }

    [Fact]
    public void The_task_priority_holds_back_its_class_and_those_below_and_is_CR8()
    {
        Apic.Cr8 = 4;
        Assert.Equal(0x40u, board.ApicRead(TaskPriority));
        SendSelf(0x4F);
        Assert.False(Apic.HasInterrupt);
        board.ApicWrite(TaskPriority, 0x3F);
        Assert.Equal(3, Apic.Cr8);
        Assert.True(Apic.HasInterrupt);
    }

    [Fact]
    public void An_illegal_vector_is_reported_in_the_error_status_after_a_write_and_by_the_error_entry()
    {
        board.ApicWrite(LvtError, 0xFE);
        SendSelf(0x05);
        Assert.Equal(0u, board.ApicRead(ErrorStatus));
        board.ApicWrite(ErrorStatus, 0);
        Assert.Equal(0x20u, board.ApicRead(ErrorStatus));
        Assert.Equal(0xFE, Apic.Acknowledge());
        board.ApicWrite(ErrorStatus, 0);
        Assert.Equal(0u, board.ApicRead(ErrorStatus));
    }

    [Fact]
    public void Switching_the_APIC_off_by_software_masks_the_local_entries_and_refuses_new_vectors()
    {
        board.ApicWrite(LvtTimer, 0x31);
        board.ApicWrite(Spurious, 0xFF);
        Assert.Equal(0x1_0031u, board.ApicRead(LvtTimer));
        board.ApicWrite(LvtTimer, 0x31);
        Assert.Equal(0x1_0031u, board.ApicRead(LvtTimer));
        SendSelf(0x41);
        Assert.False(Apic.HasInterrupt);
    }

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

    [Fact]
    public void The_mode_switches_of_the_base_register_are_the_manuals()
    {
        const ulong Enabled = 1 << 11;
        const ulong X2 = 1 << 10;
        const ulong Bootstrap = 1 << 8;
        Assert.True(Apic.TryReadMsr(0x1B, out ulong value));
        Assert.Equal(Base | Enabled | Bootstrap, value);
        Assert.False(Apic.TryWriteMsr(0x1B, Base | Bootstrap | X2));
        Assert.False(Apic.TryWriteMsr(0x1B, value | 1));
        Assert.True(Apic.TryWriteMsr(0x1B, value | X2));
        Assert.False(Apic.TryWriteMsr(0x1B, value));
        Assert.True(Apic.TryWriteMsr(0x1B, Base | Bootstrap));
        Assert.False(Apic.TryWriteMsr(0x1B, value | X2));
        Assert.True(Apic.TryWriteMsr(0x1B, value));
        Assert.Equal(270, Assert.Throws<ReplayKitException>(() => Apic.TryWriteMsr(0x1B, value + 0x1000)).Code);
    }

    [Fact]
    public void X2APIC_registers_are_MSRs_and_only_in_x2APIC_mode()
    {
        Assert.False(Apic.TryReadMsr(0x802, out _));
        EnterX2(Apic);
        Assert.False(Apic.Covers(new GuestPhysical(Base)));
        Assert.True(Apic.TryReadMsr(0x802, out ulong id));
        Assert.Equal(0ul, id);
        Assert.True(Apic.TryReadMsr(0x803, out ulong version));
        Assert.Equal(0x5_0014ul, version);
        Assert.True(Apic.TryReadMsr(0x80D, out ulong logical));
        Assert.Equal(1ul, logical);
        Assert.True(Apic.TryWriteMsr(0x80F, 0x1FF));
        Assert.True(Apic.TryWriteMsr(0x83F, 0x61));
        Assert.Equal(0x61, Apic.Acknowledge());
        Assert.True(Apic.TryWriteMsr(0x80B, 0));
    }

    [Theory]
    [InlineData(0x802u, 0ul)]
    [InlineData(0x803u, 0ul)]
    [InlineData(0x80Au, 0ul)]
    [InlineData(0x80Bu, 1ul)]
    [InlineData(0x80Du, 0ul)]
    [InlineData(0x80Eu, 0ul)]
    [InlineData(0x80Fu, 0x200ul)]
    [InlineData(0x828u, 1ul)]
    [InlineData(0x831u, 0ul)]
    [InlineData(0x832u, 1ul << 20)]
    [InlineData(0x838u, 1ul << 32)]
    [InlineData(0x839u, 0ul)]
    [InlineData(0x83Fu, 0x100ul)]
    public void What_the_x2APIC_refuses_to_write_is_a_general_protection_fault(uint msr, ulong value)
    {
        EnterX2(Apic);
        Assert.False(Apic.TryWriteMsr(msr, value));
    }

    [Theory]
    [InlineData(0x80Bu)]
    [InlineData(0x80Eu)]
    [InlineData(0x831u)]
    [InlineData(0x83Fu)]
    [InlineData(0x800u)]
    public void What_the_x2APIC_refuses_to_read_is_a_general_protection_fault(uint msr)
    {
        EnterX2(Apic);
        Assert.False(Apic.TryReadMsr(msr, out _));
    }

    [Fact]
    public void Interrupts_between_CPUs_reach_whom_the_command_names()
    {
        var many = new TestBoard(cpus: 3);
        foreach (LocalApic apic in many.Board.LocalApics)
        {
            many.Board.Mmio.Write(apic, new GuestPhysical(Base + Spurious), 4, 0x1FF);
            many.Board.Mmio.Write(apic, new GuestPhysical(Base + LogicalId), 4, (1u << (int)apic.Id) << 24);
        }

        Assert.Equal([false, true, false], Send(many, 0x41, 1u << 24));
        Assert.Equal([true, true, true], Send(many, 0x41, 0xFFu << 24));
        Assert.Equal([true, false, true], Send(many, 0x841, 5u << 24));
        Assert.Equal([true, false, false], Send(many, 0x4_0041, 0));
        Assert.Equal([true, true, true], Send(many, 0x8_0041, 0));
        Assert.Equal([false, true, true], Send(many, 0xC_0041, 0));
        Assert.Equal([true, false, false], Send(many, 0x941, 7u << 24));
        Assert.Equal([false, false, false], Send(many, 0x41, 9u << 24));
    }

    [Fact]
    public void X2APIC_logical_destinations_are_clusters_of_sixteen()
    {
        var many = new TestBoard(cpus: 18);
        foreach (LocalApic apic in many.Board.LocalApics)
        {
            EnterX2(apic);
            apic.TryWriteMsr(0x80F, 0x1FF);
        }

        Assert.True(many.Apic.TryWriteMsr(0x830, 0x0001_0002_0000_0841));
        Assert.Equal([17], many.Board.LocalApics.Where(apic => apic.HasInterrupt).Select(apic => (int)apic.Id));
    }

    [Fact]
    public void INIT_ends_the_run_by_name_and_its_level_deassert_is_ignored()
    {
        board.ApicWrite(CommandLow, 0x0008_8500);
        board.ApicWrite(CommandHigh, 0);
        Assert.Equal(271, Assert.Throws<ReplayKitException>(() => board.ApicWrite(CommandLow, 0x4500)).Code);
    }

    [Fact]
    public void A_non_maskable_interrupt_waits_until_it_is_taken()
    {
        board.ApicWrite(CommandLow, 0x4_0400);
        Assert.True(Apic.HasNmi);
        Assert.True(Apic.TryTakeNmi());
        Assert.False(Apic.TryTakeNmi());
    }

    [Fact]
    public void The_vCPU_is_told_of_every_change_to_its_interrupts()
    {
        int before = board.Changes;
        SendSelf(0x41);
        Assert.True(board.Changes > before);
        before = board.Changes;
        Apic.Acknowledge();
        Assert.True(board.Changes > before);
    }

    [Fact]
    public void Firmware_leaves_the_8259_connected_through_LINT0()
    {
        Assert.Equal(0x700u, board.ApicRead(LvtLint0));
        board.StartPics();
        board.Out(0x43, 0x34);
        board.Out(0x40, 100);
        board.Out(0x40, 0);
        board.Advance(1_000_000);
        Assert.True(Apic.HasInterrupt);
        board.ApicWrite(LvtLint0, 0x1_0700);
        Assert.False(Apic.HasInterrupt);
        board.ApicWrite(LvtLint0, 0x700);
        Assert.Equal(0x30, Apic.Acknowledge());
    }

    [Fact]
    public void Accesses_between_the_registers_read_zero_and_write_nothing()
    {
        Assert.Equal(0ul, board.Board.Mmio.Read(Apic, new GuestPhysical(Base + Version + 4), 4));
        Assert.Equal(0x14ul, board.Board.Mmio.Read(Apic, new GuestPhysical(Base + Version), 1));
        Assert.Equal(5ul, board.Board.Mmio.Read(Apic, new GuestPhysical(Base + Version + 2), 1));
        board.Board.Mmio.Write(Apic, new GuestPhysical(Base + TaskPriority), 1, 0x50);
        Assert.Equal(0u, board.ApicRead(TaskPriority));
        board.ApicWrite(DestinationFormat, 0);
        Assert.Equal(0x0FFF_FFFFu, board.ApicRead(DestinationFormat));
    }

    private static void EnterX2(LocalApic apic)
    {
        apic.TryReadMsr(0x1B, out ulong value);
        Assert.True(apic.TryWriteMsr(0x1B, value | (1 << 10)));
    }

    private static bool[] Send(TestBoard many, uint low, uint high)
    {
        many.ApicWrite(CommandHigh, high);
        many.ApicWrite(CommandLow, low);
        bool[] got = [.. many.Board.LocalApics.Select(apic => apic.HasInterrupt)];
        foreach (LocalApic apic in many.Board.LocalApics.Where(apic => apic.HasInterrupt))
        {
            apic.Acknowledge();
            many.Board.Mmio.Write(apic, new GuestPhysical(Base + End), 4, 0);
        }

        return got;
    }

    private void SendSelf(byte vector) => board.ApicWrite(CommandLow, 0x4_0000u | vector);
}
