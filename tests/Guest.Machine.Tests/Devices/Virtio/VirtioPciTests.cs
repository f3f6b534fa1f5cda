using Guest.Machine.Board;
using Guest.Machine.Devices.Virtio;
using Guest.Machine.State;

namespace Guest.Machine.Tests.Devices.Virtio;

/// <summary>The transport, seen by a driver of the entropy device.</summary>
public sealed class VirtioPciTests : IDisposable
{
    private static readonly EntropyDescription Entropy = new() { Slot = VirtioGuest.Slot, Name = "entropy0" };
    private readonly VirtioGuest guest = new(Entropy);

    public void Dispose() => guest.Dispose();

    [Fact]
    public void The_function_says_that_it_is_a_virtio_1_device_of_its_kind()
    {
        Assert.Equal(0x1044_1AF4u, guest.ReadPci(0x00, 4));
        Assert.Equal(1u, guest.ReadPci(0x08, 1));
        Assert.Equal(1u, guest.ReadPci(0x3D, 1));
        Assert.Equal(0x10u, guest.ReadPci(0x06, 2) & 0x10);
        Assert.Equal(0xFFFF_FFFFu, guest.Board.Board.Mmio.Read(guest.Board.Apic, new GuestPhysical(0xE000_9000), 4));
    }

    [Fact]
    public void A_driver_finds_every_structure_through_the_capabilities()
    {
        (uint Kind, uint Bar, uint Offset)[] found =
        [
            .. guest.Capabilities(0x09).Select(at => (guest.ReadPci(at + 3, 1), guest.ReadPci(at + 4, 1), guest.ReadPci(at + 8, 4))).Order(),
        ];
        Assert.Equal([(1u, 0u, 0u), (2u, 0u, 0x3000u), (3u, 0u, 0x1000u), (4u, 0u, 0x2000u), (5u, 0u, 0u)], found);
        int messages = guest.Capabilities(0x11).Single();
        Assert.Equal(1u, guest.ReadPci(messages + 2, 2));
        Assert.Equal(1u, guest.ReadPci(messages + 4, 4));
        Assert.Equal(0x801u, guest.ReadPci(messages + 8, 4));
    }

    [Fact]
    public void A_range_tells_its_size_and_answers_where_it_was_moved_to()
    {
        Assert.Equal(0xE011_0000u, guest.ReadPci(0x10, 4));
        guest.WritePci(0x10, 4, 0xFFFF_FFFF);
        Assert.Equal(0xFFFF_C000u, guest.ReadPci(0x10, 4));
        guest.WritePci(0x10, 4, 0xC123_4000);
        Assert.Equal(0xC123_4000u, guest.ReadPci(0x10, 4));
        Assert.Equal(1ul, guest.ReadAt(0xC123_4012, 2));
        Assert.Equal(0xFFFFul, guest.ReadAt(0xE011_0012, 2));
        guest.WritePci(0x04, 2, 0);
        Assert.Equal(0xFFFFul, guest.ReadAt(0xC123_4012, 2));
    }

    [Fact]
    public void Registers_that_do_not_exist_or_cannot_be_written_stay()
    {
        guest.WritePci(0x00, 4, 0);
        guest.WritePci(0x14, 4, 0xFFFF_FFFF);
        guest.WritePci(0x18, 4, 0xFFFF_FFFF);
        Assert.Equal(0x1044_1AF4u, guest.ReadPci(0x00, 4));
        Assert.Equal(0xFFFF_F000u, guest.ReadPci(0x14, 4));
        Assert.Equal(0u, guest.ReadPci(0x18, 4));
    }

    [Fact]
    public void The_configuration_space_reaches_the_registers_too()
    {
        int access = guest.Capabilities(0x09).Single(at => guest.ReadPci(at + 3, 1) == 5);
        guest.WritePci(access + 4, 1, 0);
        guest.WritePci(access + 8, 4, 0x14);
        guest.WritePci(access + 12, 4, 1);
        guest.WritePci(access + 16, 1, 3);
        Assert.Equal(VirtioStatus.Acknowledge | VirtioStatus.Driver, guest.Status);
        Assert.Equal(3u, guest.ReadPci(access + 16, 1));
        guest.WritePci(access + 8, 4, 0xFFFF_FFFF);
        guest.WritePci(access + 16, 4, 0x1234);
        Assert.Equal(0x1234u, guest.ReadPci(access + 16, 4));
    }

    [Fact]
    public void A_driver_that_does_not_know_virtio_1_is_refused()
    {
        guest.Write(0x14, 1, 3);
        guest.WriteFeatures(VirtioFeatures.EventIndex);
        guest.Write(0x14, 1, 0x0B);
        Assert.Equal(VirtioStatus.Acknowledge | VirtioStatus.Driver, guest.Status);
        guest.Write(0x14, 1, 0x0F);
        Assert.False(guest.Transport.IsRunning);
    }

    [Fact]
    public void A_driver_that_takes_what_was_not_offered_is_refused()
    {
        guest.Write(0x14, 1, 3);
        guest.WriteFeatures(VirtioFeatures.Version1 | (1UL << 34));
        guest.Write(0x14, 1, 0x0B);
        Assert.Equal(VirtioStatus.None, guest.Status & VirtioStatus.FeaturesOk);
    }

    [Fact]
    public void Features_are_offered_in_halves()
    {
        ulong offered = 0;
        for (uint half = 0; half < 3; half++)
        {
            guest.Write(0x00, 4, half);
            offered |= half < 2 ? guest.Read(0x04, 4) << (32 * (int)half) : 0;
            Assert.True(half < 2 || guest.Read(0x04, 4) == 0);
        }

        Assert.Equal(VirtioFeatures.Common, offered);
    }

    [Fact]
    public void An_interrupt_is_a_message_where_the_driver_enabled_them()
    {
        guest.Start();
        Give();
        Assert.Equal(VirtioGuest.QueueVector, guest.TakeInterrupt());
        Assert.Equal(0ul, guest.Read(0x1000, 1));
    }

    [Fact]
    public void A_masked_message_waits_until_it_is_unmasked()
    {
        guest.Start();
        guest.WriteAt(0xE011_4000 + 16 + 12, 4, 1);
        Give();
        Assert.Equal(0, guest.TakeInterrupt());
        Assert.Equal(2ul, guest.ReadAt(0xE011_4800, 8));
        guest.WriteAt(0xE011_4000 + 16 + 12, 4, 0);
        Assert.Equal(VirtioGuest.QueueVector, guest.TakeInterrupt());
        Assert.Equal(0ul, guest.ReadAt(0xE011_4800, 8));
    }

    [Fact]
    public void All_messages_can_be_masked_at_once()
    {
        guest.Start();
        int capability = guest.Capabilities(0x11).Single();
        guest.WritePci(capability + 2, 2, 0xC000);
        Give();
        Assert.Equal(0, guest.TakeInterrupt());
        guest.WritePci(capability + 2, 2, 0x8000);
        Assert.Equal(VirtioGuest.QueueVector, guest.TakeInterrupt());
    }

    [Fact]
    public void Without_messages_the_interrupt_is_a_level_that_reading_the_status_takes_back()
    {
        guest.Board.RouteIoApic(17, 0x8055);
        guest.Start(messages: false);
        Give();
        Assert.Equal(0x55, guest.TakeInterrupt());
        Assert.Equal(0x55, guest.TakeInterrupt());
        Assert.Equal(1ul, guest.Read(0x1000, 1));
        Assert.Equal(0ul, guest.Read(0x1000, 1));
        Assert.Equal(0x55, guest.TakeInterrupt());
        Assert.Equal(0, guest.TakeInterrupt());
    }

    [Fact]
    public void The_pin_is_silent_while_the_guest_disables_it()
    {
        guest.Board.RouteIoApic(17, 0x8055);
        guest.Start(messages: false);
        guest.WritePci(0x04, 2, 0x0406);
        Give();
        Assert.Equal(0, guest.TakeInterrupt());
        guest.WritePci(0x04, 2, 0x0006);
        Assert.Equal(0x55, guest.TakeInterrupt());
    }

    [Fact]
    public void The_guest_can_do_without_interrupts_by_a_flag()
    {
        guest.Start();
        guest.WriteUInt16(VirtioGuest.AvailableOf(0), 1);
        Give();
        Assert.Equal(0, guest.TakeInterrupt());
        guest.WriteUInt16(VirtioGuest.AvailableOf(0), 0);
        Give();
        Assert.Equal(VirtioGuest.QueueVector, guest.TakeInterrupt());
    }

    [Fact]
    public void With_event_indices_the_guest_says_at_which_request_it_wants_to_hear()
    {
        guest.Start(VirtioFeatures.Version1 | VirtioFeatures.EventIndex);
        ulong wakeAt = VirtioGuest.AvailableOf(0) + 4 + (2 * 8);
        guest.WriteUInt16(wakeAt, 1);
        Give();
        Assert.Equal(0, guest.TakeInterrupt());
        Give();
        Assert.Equal(VirtioGuest.QueueVector, guest.TakeInterrupt());
        Give();
        Assert.Equal(0, guest.TakeInterrupt());
        Assert.Equal(3, guest.ReadUInt16(VirtioGuest.UsedOf(0) + 4 + (8 * 8)));
    }

    [Fact]
    public void Requests_that_were_there_before_the_driver_was_ready_are_served()
    {
        guest.Start();
        guest.Write(0x14, 1, 0);
        guest.Write(0x14, 1, 3);
        guest.WriteFeatures(VirtioFeatures.Version1);
        guest.Write(0x14, 1, 0x0B);
        guest.SetUp(0, 8);
        guest.Add(0, (VirtioGuest.Buffers, 16, true));
        guest.Notify(0);
        Assert.Equal(0, guest.BackEnds.ReadyCalls);
        guest.Write(0x14, 1, 0x0F);
        Assert.Equal(1, guest.BackEnds.ReadyCalls);
    }

    [Fact]
    public void A_queue_that_is_in_use_cannot_be_moved()
    {
        guest.Start();
        guest.Write(0x20, 8, 0x10_0000);
        guest.Write(0x18, 2, 16);
        Assert.Equal(VirtioGuest.DescriptorsOf(0), guest.Read(0x20, 8));
        Assert.Equal(8ul, guest.Read(0x18, 2));
        Assert.Equal(VirtioGuest.DescriptorsOf(0), guest.Read(0x24, 4) << 32 | guest.Read(0x20, 4));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(128)]
    [InlineData(65535)]
    public void A_queue_keeps_a_size_that_can_be(int size)
    {
        guest.Write(0x16, 2, 0);
        guest.Write(0x18, 2, (ulong)size);
        Assert.Equal(64ul, guest.Read(0x18, 2));
    }

    [Fact]
    public void A_queue_that_the_device_does_not_have_reads_as_nothing()
    {
        guest.Write(0x16, 2, 5);
        Assert.Equal(0ul, guest.Read(0x18, 2));
        guest.Write(0x1C, 2, 1);
        guest.Write(0x3000 + (4 * 5), 2, 5);
        Assert.Equal(0ul, guest.Read(0x1C, 2));
    }

    [Fact]
    public void A_device_that_was_saved_goes_on_where_it_stood()
    {
        guest.Start(VirtioFeatures.Version1 | VirtioFeatures.EventIndex);
        Give();
        guest.Add(0, (VirtioGuest.Buffers, 64, true));
        guest.Notify(0);
        using VirtioGuest other = guest.Restored(Entropy);
        Assert.Equal(guest.Board.State(), other.Board.State());
        foreach (VirtioGuest each in (VirtioGuest[])[guest, other])
        {
            Assert.True(each.Board.Board.Virtio<Guest.Machine.Devices.Entropy.EntropyDevice>(VirtioGuest.Slot)!.Receive([7, 8, 9]));
        }

        Assert.Equal(guest.Board.State(), other.Board.State());
        Assert.Equal([7, 8, 9], other.Bytes(VirtioGuest.Buffers, 3));
    }

    [Fact]
    public void Damaged_state_is_refused_by_name_or_taken_over_whole()
    {
        guest.Start();
        guest.Add(0, (VirtioGuest.Buffers, 64, true));
        guest.Notify(0);
        byte[] state = guest.DeviceState();
        using var other = new VirtioGuest(Entropy);
        int refused = 0;
        for (int at = 0; at < state.Length; at++)
        {
            byte[] damaged = [.. state];
            damaged[at] ^= 0xFF;
            try
            {
                other.Transport.Restore(new StateReader(damaged));
                Assert.Equal(damaged, other.DeviceState());
            }
            catch (ReplayKitException error)
            {
                Assert.Equal(280, error.Code);
                refused++;
            }
        }

        Assert.True(refused > 200, $"only {refused} damages were seen");
    }

    // One request, answered.
    private void Give()
    {
        guest.Add(0, (VirtioGuest.Buffers, 16, true));
        guest.Notify(0);
        Assert.True(guest.Board.Board.Virtio<Guest.Machine.Devices.Entropy.EntropyDevice>(VirtioGuest.Slot)!.Receive([1, 2, 3, 4]));
    }
}
