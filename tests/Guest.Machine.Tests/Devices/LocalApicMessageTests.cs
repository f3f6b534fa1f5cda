using Guest.Machine.Devices.Apic;

namespace Guest.Machine.Tests.Devices;

public sealed class LocalApicMessageTests
{
    private const ulong Id = 0x20;
    private const ulong End = 0xB0;
    private const ulong LogicalId = 0xD0;
    private const ulong Spurious = 0xF0;
    private const ulong CommandLow = 0x300;
    private const ulong CommandHigh = 0x310;
    private const ulong Base = 0xFEE0_0000;

    private readonly TestBoard board = new();

    private LocalApic Apic => board.Apic;

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
    public void INIT_and_Start_Up_reach_another_processor_and_leave_its_APIC_as_after_a_reset()
    {
        var two = new TestBoard(cpus: 2);
        LocalApic other = two.Board.LocalApics[1];
        two.Board.Mmio.Write(other, new GuestPhysical(LocalApic.DefaultBase + 0xF0), 4, 0x1FF);
        other.Accept(0x40, DeliveryMode.Fixed, level: false);
        Assert.True(other.HasInterrupt);
        two.ApicWrite(CommandHigh, 1u << 24);
        two.ApicWrite(CommandLow, 0x4500);
        Assert.Equal(1, two.Initialised);
        Assert.False(other.HasInterrupt);
        two.ApicWrite(CommandLow, 0x469A);
        Assert.Equal(0x9A, two.StartedAt);
    }

    [Fact]
    public void INIT_to_the_bootstrap_processor_ends_the_run_by_name_and_its_level_deassert_is_ignored()
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
}
