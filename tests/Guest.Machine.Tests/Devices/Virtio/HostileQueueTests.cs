using Guest.Machine.Board;
using Guest.Machine.Devices.Entropy;
using Guest.Machine.Devices.Virtio;

namespace Guest.Machine.Tests.Devices.Virtio;

/// <summary>What the specification forbids a driver to put into a queue: the device stops, says so, and is as new after a reset.</summary>
public sealed class HostileQueueTests : IDisposable
{
    private const ulong Canary = 0x30_0000;
    private readonly VirtioGuest guest = new(new EntropyDescription { Slot = VirtioGuest.Slot, Name = "entropy0" });

    public void Dispose() => guest.Dispose();

    [Fact]
    public void A_chain_in_a_circle_breaks_the_device() => Breaks(() =>
    {
        guest.Describe(0, 0, VirtioGuest.Buffers, 16, flags: 3, next: 1);
        guest.Describe(0, 1, VirtioGuest.Buffers, 16, flags: 3, next: 0);
        guest.Offer(0, 0);
    });

    [Fact]
    public void A_descriptor_that_follows_itself_breaks_the_device() => Breaks(() =>
    {
        guest.Describe(0, 0, VirtioGuest.Buffers, 0, flags: 3, next: 0);
        guest.Offer(0, 0);
    });

    [Theory]
    [InlineData(8)]
    [InlineData(65535)]
    public void A_first_descriptor_outside_the_table_breaks_the_device(int head) => Breaks(() => guest.Offer(0, head));

    [Theory]
    [InlineData(8)]
    [InlineData(65535)]
    public void A_next_descriptor_outside_the_table_breaks_the_device(int next) => Breaks(() =>
    {
        guest.Describe(0, 0, VirtioGuest.Buffers, 16, flags: 3, next: next);
        guest.Offer(0, 0);
    });

    [Theory]
    [InlineData(0x40_0000ul, 1u)]
    [InlineData(0x3F_FFFFul, 2u)]
    [InlineData(0x10_0000ul, 0xFFFF_FFFFu)]
    [InlineData(0xFEE0_0000ul, 16u)]
    [InlineData(0xFFFF_FFFF_FFFF_FFFFul, 2u)]
    [InlineData(0xFFFF_FFFF_FFFF_FFF0ul, 0xFFFF_FFFFu)]
    [InlineData(0x1_0000_0000ul, 1u)]
    public void A_buffer_that_is_not_all_RAM_breaks_the_device(ulong address, uint length) => Breaks(() => guest.Add(0, (address, length, true)));

    [Fact]
    public void A_buffer_to_read_behind_one_to_write_breaks_the_device() =>
        Breaks(() => guest.Add(0, (VirtioGuest.Buffers, 16, true), (VirtioGuest.Buffers, 16, false)));

    [Fact]
    public void An_index_that_runs_ahead_of_the_ring_breaks_the_device() => Breaks(() => guest.WriteUInt16(VirtioGuest.AvailableOf(0) + 2, 9));

    [Fact]
    public void An_index_that_goes_back_breaks_the_device() => Breaks(() => guest.WriteUInt16(VirtioGuest.AvailableOf(0) + 2, 0xFFFF));

    [Fact]
    public void A_table_in_a_table_breaks_the_device() => Breaks(() =>
    {
        guest.DescribeAt(VirtioGuest.Buffers, VirtioGuest.Buffers + 64, 16, flags: 4, next: 0);
        guest.Describe(0, 0, VirtioGuest.Buffers, 16, flags: 4);
        guest.Offer(0, 0);
    });

    [Theory]
    [InlineData(0u)]
    [InlineData(15u)]
    [InlineData(17u)]
    [InlineData(16u * 1025)]
    [InlineData(0xFFFF_FFF0u)]
    public void A_table_of_a_length_that_cannot_be_breaks_the_device(uint length) => Breaks(() =>
    {
        guest.DescribeAt(VirtioGuest.Buffers, VirtioGuest.Buffers, 16, flags: 2, next: 0);
        guest.Describe(0, 0, VirtioGuest.Buffers, length, flags: 4);
        guest.Offer(0, 0);
    });

    [Theory]
    [InlineData(0x40_0000ul)]
    [InlineData(0x3F_FFF8ul)]
    [InlineData(0xFFFF_FFFF_FFFF_FFF8ul)]
    public void A_table_outside_RAM_breaks_the_device(ulong table) => Breaks(() =>
    {
        guest.Describe(0, 0, table, 16, flags: 4);
        guest.Offer(0, 0);
    });

    [Fact]
    public void A_table_that_was_not_agreed_on_breaks_the_device()
    {
        guest.Start(VirtioFeatures.Version1);
        guest.AddIndirect(0, VirtioGuest.Buffers, (VirtioGuest.Buffers + 64, 16, true));
        guest.Notify(0);
        Assert.Equal(VirtioStatus.NeedsReset, guest.Status & VirtioStatus.NeedsReset);
    }

    [Fact]
    public void A_table_that_a_second_descriptor_follows_breaks_the_device() => Breaks(() =>
    {
        guest.DescribeAt(VirtioGuest.Buffers, VirtioGuest.Buffers + 64, 16, flags: 2, next: 0);
        guest.Describe(0, 0, VirtioGuest.Buffers, 16, flags: 5, next: 1);
        guest.Offer(0, 0);
    });

    [Theory]
    [InlineData(0x20u)]
    [InlineData(0x28u)]
    [InlineData(0x30u)]
    public void Rings_outside_RAM_break_the_device(uint register)
    {
        foreach (ulong address in (ulong[])[0x40_0000, 0x3F_FFFE, 0xFEE0_0000, 0xFFFF_FFFF_FFFF_FFF0, 0xBFFF_FFF0])
        {
            Prepare();
            guest.Write(register, 8, address);
            guest.Write(0x1C, 2, 1);
            guest.Write(0x14, 1, 0x0F);
            guest.Add(0, (VirtioGuest.Buffers, 16, true));
            guest.Notify(0);
            Device.Receive([1, 2]);
            Assert.Equal(VirtioStatus.NeedsReset, guest.Status & VirtioStatus.NeedsReset);
        }
    }

    [Fact]
    public void A_device_that_may_not_master_the_bus_touches_nothing_and_breaks()
    {
        guest.Start();
        guest.Add(0, (VirtioGuest.Buffers, 16, true));
        guest.Notify(0);
        guest.WritePci(0x04, 2, 2);
        Assert.True(Device.Receive([1, 2, 3]));
        Assert.Equal(new byte[16], guest.Bytes(VirtioGuest.Buffers, 16));
        Assert.Null(guest.TakeUsed(0));
        Assert.Equal(VirtioStatus.NeedsReset, guest.Status & VirtioStatus.NeedsReset);
    }

    [Fact]
    public void The_same_descriptor_offered_again_and_again_breaks_the_device()
    {
        guest.Start(queueSize: 64);
        guest.Describe(0, 0, VirtioGuest.Buffers, 16, flags: 2);
        for (int i = 0; i < 65; i++)
        {
            guest.Offer(0, 0);
            guest.Notify(0);
        }

        Assert.Equal(VirtioStatus.NeedsReset, guest.Status & VirtioStatus.NeedsReset);
    }

    [Fact]
    public void A_request_without_room_for_an_answer_breaks_the_device() => Breaks(() => guest.Add(0, (VirtioGuest.Buffers, 16, false)));

    [Fact]
    public void Buffers_that_overlap_each_other_or_the_rings_are_the_guests_own_business()
    {
        guest.Start();
        guest.Add(0, (VirtioGuest.Buffers, 4, true), (VirtioGuest.Buffers + 2, 4, true));
        guest.Add(0, (VirtioGuest.UsedOf(0), 200, true));
        guest.Notify(0);
        Assert.True(Device.Receive([1, 2, 3, 4, 5, 6]));
        Assert.Equal([1, 2, 5, 6, 0], guest.Bytes(VirtioGuest.Buffers, 5).Select((b, i) => i < 2 ? b : guest.Bytes(VirtioGuest.Buffers + 2, 3)[i - 2]));
        Assert.True(Device.Receive(new byte[200]));
        Assert.Equal(VirtioStatus.None, guest.Status & VirtioStatus.NeedsReset);
    }

    private EntropyDevice Device => guest.Board.Board.Virtio<EntropyDevice>(VirtioGuest.Slot)!;

    private void Breaks(Action offer)
    {
        guest.Start(VirtioFeatures.Common);
        byte[] canary = new byte[0x1000];
        Array.Fill(canary, (byte)0xA5);
        guest.Memory.Write(new GuestPhysical(Canary), canary);
        offer();
        guest.Notify(0);

        Assert.Equal(VirtioStatus.NeedsReset, guest.Status & VirtioStatus.NeedsReset);
        Assert.Equal(VirtioGuest.ConfigurationVector, guest.TakeInterrupt());
        Assert.Equal(0, Device.Wanted);
        Assert.False(Device.Receive([1, 2, 3]));
        guest.Notify(0);
        Assert.Null(guest.TakeUsed(0));
        Assert.Equal(canary, guest.Bytes(Canary, canary.Length));
        WorksAfterReset();
    }

    private void WorksAfterReset()
    {
        guest.Start(VirtioFeatures.Common);
        guest.AddIndirect(0, VirtioGuest.Buffers, (VirtioGuest.Buffers + 256, 2, true), (VirtioGuest.Buffers + 512, 16, true));
        guest.Notify(0);
        Assert.Equal(18, Device.Wanted);
        Assert.True(Device.Receive([1, 2, 3]));
        Assert.Equal((0u, 3u), guest.TakeUsed(0));
        Assert.Equal([1, 2], guest.Bytes(VirtioGuest.Buffers + 256, 2));
        Assert.Equal([3, 0], guest.Bytes(VirtioGuest.Buffers + 512, 2));
    }

    private void Prepare()
    {
        guest.Start();
        guest.Write(0x14, 1, 0);
        guest.Write(0x14, 1, 3);
        guest.WriteFeatures(VirtioFeatures.Version1);
        guest.Write(0x14, 1, 0x0B);
        guest.SetUp(0, 8);
        guest.Write(0x14, 1, 0);
        guest.Write(0x14, 1, 3);
        guest.WriteFeatures(VirtioFeatures.Version1);
        guest.Write(0x14, 1, 0x0B);
        guest.Write(0x16, 2, 0);
        guest.Write(0x18, 2, 8);
        guest.Write(0x20, 8, VirtioGuest.DescriptorsOf(0));
        guest.Write(0x28, 8, VirtioGuest.AvailableOf(0));
        guest.Write(0x30, 8, VirtioGuest.UsedOf(0));
    }
}
