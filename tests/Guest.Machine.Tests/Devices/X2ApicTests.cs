using Guest.Machine.Devices.Apic;

namespace Guest.Machine.Tests.Devices;

public sealed class X2ApicTests
{
    private const ulong Base = 0xFEE0_0000;

    private readonly TestBoard board = new();

    private LocalApic Apic => board.Apic;

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

    private static void EnterX2(LocalApic apic)
    {
        apic.TryReadMsr(0x1B, out ulong value);
        Assert.True(apic.TryWriteMsr(0x1B, value | (1 << 10)));
    }
}
