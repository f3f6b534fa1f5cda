using Guest.Machine.Devices.Apic;

namespace Guest.Machine.Tests.Devices;

public sealed class LocalApicTests
{
    private const ulong Id = 0x20;
    private const ulong Version = 0x30;
    private const ulong TaskPriority = 0x80;
    private const ulong ProcessorPriority = 0xA0;
    private const ulong End = 0xB0;
    private const ulong DestinationFormat = 0xE0;
    private const ulong Spurious = 0xF0;
    private const ulong InService = 0x100;
    private const ulong Requested = 0x200;
    private const ulong ErrorStatus = 0x280;
    private const ulong CommandLow = 0x300;
    private const ulong LvtTimer = 0x320;
    private const ulong LvtLint0 = 0x350;
    private const ulong LvtError = 0x370;
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

    private void SendSelf(byte vector) => board.ApicWrite(CommandLow, 0x4_0000u | vector);
}
