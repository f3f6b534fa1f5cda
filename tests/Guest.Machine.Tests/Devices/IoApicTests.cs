namespace Guest.Machine.Tests.Devices;

public sealed class IoApicTests
{
    private const uint Level = 1 << 15;
    private const uint RemoteIrr = 1 << 14;
    private const uint Masked = 1 << 16;
    private const int AcpiPin = 9;
    private const int TimerPin = 2;

    private readonly TestBoard board = new();

    [Fact]
    public void It_has_24_pins_version_0x20_and_starts_masked()
    {
        Assert.Equal(0x0017_0020u, board.IoApicRead(1));
        for (int pin = 0; pin < 24; pin++)
        {
            Assert.Equal(Masked, board.IoApicRead((byte)(0x10 + (2 * pin))));
        }
    }

    [Fact]
    public void Read_only_bits_of_an_entry_keep_out_what_is_written()
    {
        board.RouteIoApic(5, 0xFFFF_FFFF, 0xFFFF_FFFF);
        Assert.Equal(0x0001_AFFFu, board.IoApicRead(0x1A));
        Assert.Equal(0xFF00_0000u, board.IoApicRead(0x1B));
    }

    [Fact]
    public void The_timer_reaches_the_local_APIC_through_pin_2()
    {
        board.RouteIoApic(TimerPin, 0x31);
        StartTimer();
        board.Advance(1_001_000);
        Assert.True(board.Apic.HasInterrupt);
        Assert.Equal(0x31, board.Apic.Acknowledge());
        Assert.False(board.Apic.HasInterrupt);
        board.ApicWrite(0xB0, 0);
        board.Advance(1_001_000);
        Assert.Equal(0x31, board.Apic.Acknowledge());
    }

    [Fact]
    public void An_edge_on_a_masked_pin_is_lost()
    {
        board.RouteIoApic(TimerPin, Masked | 0x31);
        StartTimer();
        board.Advance(900_000);
        board.RouteIoApic(TimerPin, 0x31);
        Assert.False(board.Apic.HasInterrupt);
    }

    [Fact]
    public void A_level_is_delivered_once_until_its_end_and_again_while_it_stays()
    {
        board.RouteIoApic(AcpiPin, Level | 0x51);
        RaiseAcpi();
        Assert.Equal(0x51, board.Apic.Acknowledge());
        Assert.Equal(Level | RemoteIrr | 0x51, board.IoApicRead(0x10 + (2 * AcpiPin)));
        Assert.False(board.Apic.HasInterrupt);
        board.ApicWrite(0xB0, 0);
        Assert.True(board.Apic.HasInterrupt);
        Assert.Equal(0x51, board.Apic.Acknowledge());
        LowerAcpi();
        board.ApicWrite(0xB0, 0);
        Assert.False(board.Apic.HasInterrupt);
        Assert.Equal(Level | 0x51, board.IoApicRead(0x10 + (2 * AcpiPin)));
    }

    [Fact]
    public void A_level_that_came_while_masked_is_delivered_when_the_mask_goes()
    {
        RaiseAcpi();
        board.RouteIoApic(AcpiPin, Level | 0x51);
        Assert.Equal(0x51, board.Apic.Acknowledge());
    }

    [Fact]
    public void The_EOI_register_ends_a_level_by_its_vector()
    {
        board.RouteIoApic(AcpiPin, Level | 0x51);
        RaiseAcpi();
        board.Apic.Acknowledge();
        LowerAcpi();
        board.Board.Mmio.Write(board.Apic, new GuestPhysical(0xFEC0_0040), 4, 0x52);
        Assert.NotEqual(0u, board.IoApicRead(0x10 + (2 * AcpiPin)) & RemoteIrr);
        board.Board.Mmio.Write(board.Apic, new GuestPhysical(0xFEC0_0040), 4, 0x51);
        Assert.Equal(0u, board.IoApicRead(0x10 + (2 * AcpiPin)) & RemoteIrr);
    }

    [Fact]
    public void Making_an_entry_edge_triggered_clears_its_remote_IRR()
    {
        board.RouteIoApic(AcpiPin, Level | 0x51);
        RaiseAcpi();
        Assert.NotEqual(0u, board.IoApicRead(0x10 + (2 * AcpiPin)) & RemoteIrr);
        board.RouteIoApic(AcpiPin, Masked | 0x51);
        Assert.Equal(0u, board.IoApicRead(0x10 + (2 * AcpiPin)) & RemoteIrr);
    }

    [Fact]
    public void An_entry_reaches_the_CPU_it_names()
    {
        var many = new TestBoard(cpus: 3);
        foreach (var apic in many.Board.LocalApics)
        {
            many.Board.Mmio.Write(apic, new GuestPhysical(0xFEE0_00F0), 4, 0x1FF);
        }

        many.RouteIoApic(4, 0x34, 2u << 24);
        many.Out(0x3FC, 0x08);
        many.Out(0x3F9, 0x02);
        Assert.Equal([false, false, true], many.Board.LocalApics.Select(apic => apic.HasInterrupt));
    }

    private void StartTimer()
    {
        board.Out(0x43, 0x34);
        board.Out(0x40, 0xA9);
        board.Out(0x40, 0x04);
    }

    // The PM timer's overflow, enabled once it is there.
    private void RaiseAcpi()
    {
        board.Advance(700_000_000_000);
        board.Out(0x602, 1);
    }

    private void LowerAcpi() => board.Out(0x602, 0);
}
