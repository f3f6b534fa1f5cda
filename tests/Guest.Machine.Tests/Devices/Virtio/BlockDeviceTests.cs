using System.Buffers.Binary;
using System.Text;
using Guest.Machine.Board;
using Guest.Machine.Devices.Block;
using Guest.Machine.Devices.Virtio;

namespace Guest.Machine.Tests.Devices.Virtio;

/// <summary>The block device, as a driver sees it, and as what stands behind it sees it.</summary>
public sealed class BlockDeviceTests : IDisposable
{
    private const ulong Header = VirtioGuest.Buffers;
    private const ulong Data = VirtioGuest.Buffers + 0x1000;
    private const ulong Status = VirtioGuest.Buffers + 0x800;
    private const int Sectors = 2048;

    private static readonly BlockDescription Disk = new() { Slot = VirtioGuest.Slot, Name = "disk0", Bytes = Sectors * 512, ReadOnly = false, Serial = "serial-1" };
    private readonly VirtioGuest guest = new(Disk);

    public BlockDeviceTests() => guest.Start(guest.Transport.Device.Features | VirtioFeatures.Common);

    private BlockDevice Device => guest.Board.Board.Virtio<BlockDevice>(VirtioGuest.Slot)!;

    private List<DiskRequest> Requests => guest.BackEnds.Requests;

    public void Dispose() => guest.Dispose();

    [Fact]
    public void The_configuration_says_how_large_the_disk_is()
    {
        Assert.Equal((ulong)Sectors, guest.Read(0x2000, 8));
        Assert.Equal(128u << 10, guest.Read(0x2008, 4));
        Assert.Equal(126u, guest.Read(0x200C, 4));
        Assert.Equal(512u, guest.Read(0x2014, 4));
        Assert.Equal(3u, guest.Read(0x2018, 1));
    }

    [Fact]
    public void A_read_is_answered_where_its_answer_is_applied_and_not_before()
    {
        Ask(type: 0, sector: 3, (Data, 1024, true));
        DiskRequest request = Assert.Single(Requests);
        Assert.Equal((DiskRequestKind.Read, 3ul, 1024), (request.Kind, request.Sector, request.Length));
        Assert.Null(guest.TakeUsed(0));
        byte[] content = Pattern(1024);
        Assert.True(Device.Complete(0, DiskStatus.Done, content));
        Assert.Equal((0u, 1025u), guest.TakeUsed(0));
        Assert.Equal(content, guest.Bytes(Data, 1024));
        Assert.Equal(0, guest.Bytes(Status, 1)[0]);
        Assert.Equal(VirtioGuest.QueueVector, guest.TakeInterrupt());
    }

    [Fact]
    public void What_is_written_is_what_stood_in_memory_at_the_notification()
    {
        byte[] content = Pattern(512);
        guest.Memory.Write(new GuestPhysical(Data), content);
        Ask(type: 1, sector: 7, (Data, 512, false));
        guest.Memory.Write(new GuestPhysical(Data), new byte[512]);
        DiskRequest request = Assert.Single(Requests);
        Assert.Equal((DiskRequestKind.Write, 7ul, 512), (request.Kind, request.Sector, request.Length));
        Assert.Equal(content, request.Data.ToArray());
        Assert.True(Device.Complete(0, DiskStatus.Done, []));
        Assert.Equal((0u, 1u), guest.TakeUsed(0));
        Assert.Equal(0, guest.Bytes(Status, 1)[0]);
    }

    [Fact]
    public void A_flush_is_a_request_too()
    {
        Ask(type: 4, sector: 0);
        Assert.Equal(DiskRequestKind.Flush, Assert.Single(Requests).Kind);
        Assert.True(Device.Complete(0, DiskStatus.Failed, []));
        Assert.Equal(1, guest.Bytes(Status, 1)[0]);
    }

    [Fact]
    public void Requests_are_answered_in_any_order_by_their_place()
    {
        for (ulong sector = 0; sector < 3; sector++)
        {
            guest.Memory.Write(new GuestPhysical(Header + (sector * 16)), HeaderOf(0, sector));
            guest.Add(0, (Header + (sector * 16), 16, false), (Data + (sector * 512), 512, true), (Status + sector, 1, true));
            guest.Notify(0);
        }

        Assert.Equal(3, Device.PendingCount);
        Assert.Equal(1, Device.IndexOf(Requests[1]));
        Assert.True(Device.Complete(1, DiskStatus.Done, new byte[512]));
        Assert.Equal(1, Device.IndexOf(Requests[2]));
        Assert.Equal(-1, Device.IndexOf(Requests[1]));
        Assert.Equal(3u, guest.TakeUsed(0)!.Value.Head);
    }

    [Theory]
    [InlineData(0u, 2047ul, 1024u)]
    [InlineData(0u, 2048ul, 512u)]
    [InlineData(0u, ulong.MaxValue, 512u)]
    [InlineData(0u, 0ul, 511u)]
    [InlineData(0u, 0ul, 513u)]
    public void A_read_outside_the_disk_or_of_parts_of_sectors_fails_at_once(uint type, ulong sector, uint length)
    {
        Ask(type, sector, (Data, length, true));
        Assert.Empty(Requests);
        Assert.Equal(1, guest.Bytes(Status, 1)[0]);
        Assert.Equal((0u, 1u), guest.TakeUsed(0));
    }

    [Fact]
    public void A_request_longer_than_16_MB_fails_at_once()
    {
        // The same megabytes again and again: a chain may name a buffer as often as it likes.
        guest.Memory.Write(new GuestPhysical(Header), HeaderOf(0, 0));
        (ulong, uint, bool)[] buffers = [(Header, 16, false), .. Enumerable.Repeat((Data, 1u << 20, true), 17), (Status, 1, true)];
        guest.AddIndirect(0, VirtioGuest.Buffers + 0x4000, buffers);
        guest.Notify(0);
        Assert.Empty(Requests);
        Assert.NotNull(guest.TakeUsed(0));
    }

    [Fact]
    public void A_read_only_disk_refuses_writes_and_says_so_before()
    {
        using var other = new VirtioGuest(Disk with { ReadOnly = true });
        other.Start(other.Transport.Device.Features | VirtioFeatures.Common);
        Assert.NotEqual(0ul, other.Transport.Device.Features & (1 << 5));
        other.Memory.Write(new GuestPhysical(Header), HeaderOf(1, 0));
        other.Add(0, (Header, 16, false), (Data, 512, false), (Status, 1, true));
        other.Notify(0);
        Assert.Empty(other.BackEnds.Requests);
        Assert.Equal(1, other.Bytes(Status, 1)[0]);
    }

    [Fact]
    public void The_serial_number_is_given_as_far_as_there_is_room()
    {
        Ask(type: 8, sector: 0, (Data, 20, true));
        Assert.Equal("serial-1" + new string('\0', 12), Encoding.ASCII.GetString(guest.Bytes(Data, 20)));
        Assert.Equal(21u, guest.TakeUsed(0)!.Value.Written);
    }

    [Theory]
    [InlineData(2u)]
    [InlineData(11u)]
    [InlineData(13u)]
    [InlineData(uint.MaxValue)]
    public void What_the_device_does_not_do_is_said_to_be_unsupported(uint type)
    {
        Ask(type, sector: 0, (Data, 512, true));
        Assert.Equal(2, guest.Bytes(Status, 1)[0]);
        Assert.Empty(Requests);
    }

    [Theory]
    [InlineData(15u, true)]
    [InlineData(16u, false)]
    public void A_request_without_its_header_or_without_room_for_a_status_breaks_the_device(uint header, bool status)
    {
        guest.Add(0, status ? [(Header, header, false), (Status, 1, true)] : [(Header, header, false)]);
        guest.Notify(0);
        Assert.Equal(VirtioStatus.NeedsReset, guest.Status & VirtioStatus.NeedsReset);
    }

    [Fact]
    public void A_header_and_data_may_be_cut_anywhere()
    {
        byte[] content = Pattern(512);
        guest.Memory.Write(new GuestPhysical(Header), HeaderOf(1, 9));
        guest.Memory.Write(new GuestPhysical(Data), content);
        guest.Add(0, (Header, 7, false), (Header + 7, 9, false), (Data, 1, false), (Data + 1, 511, false), (Status, 1, true));
        guest.Notify(0);
        Assert.Equal(content, Assert.Single(Requests).Data.ToArray());
    }

    [Fact]
    public void An_answer_that_fits_no_request_changes_nothing()
    {
        Ask(type: 0, sector: 0, (Data, 512, true));
        byte[] before = guest.DeviceState();
        Assert.False(Device.Complete(1, DiskStatus.Done, new byte[512]));
        Assert.False(Device.Complete(-1, DiskStatus.Done, new byte[512]));
        Assert.False(Device.Complete(0, DiskStatus.Done, new byte[511]));
        Assert.False(Device.Complete(0, DiskStatus.Failed, new byte[512]));
        Assert.Equal(before, guest.DeviceState());
    }

    [Fact]
    public void A_request_that_a_reset_overtakes_keeps_its_place_but_reaches_the_guest_no_more()
    {
        Ask(type: 1, sector: 0, (Data, 512, false));
        guest.Start(guest.Transport.Device.Features | VirtioFeatures.Common);
        Assert.Equal(1, Device.PendingCount);
        guest.Memory.Write(new GuestPhysical(Status), [0x77]);
        Ask(type: 4, sector: 0);
        Assert.True(Device.Complete(0, DiskStatus.Done, []));
        Assert.Equal(0x77, guest.Bytes(Status, 1)[0]);
        Assert.Null(guest.TakeUsed(0));
        Assert.True(Device.Complete(0, DiskStatus.Done, []));
        Assert.NotNull(guest.TakeUsed(0));
    }

    [Fact]
    public void A_guest_that_asks_for_more_than_the_device_holds_waits_and_is_served_as_answers_come()
    {
        guest.Start(guest.Transport.Device.Features | VirtioFeatures.Common, queueSize: 256);
        guest.Memory.Write(new GuestPhysical(Header), HeaderOf(1, 0));
        for (int i = 0; i < 80; i++)
        {
            guest.Add(0, (Header, 16, false), (Data, 1 << 20, false), (Status, 1, true));
        }

        guest.Notify(0);
        int held = Device.PendingCount;
        Assert.Equal(64, held);
        for (int i = 0; i < 80; i++)
        {
            Assert.True(Device.Complete(0, DiskStatus.Done, []));
        }

        Assert.Equal(80, Requests.Count);
        Assert.Equal(0, Device.PendingCount);
    }

    [Fact]
    public void Rings_that_lie_over_each_other_do_not_hold_the_device_up()
    {
        guest.Write(0x14, 1, 0);
        guest.Write(0x14, 1, 3);
        guest.WriteFeatures(VirtioFeatures.Version1);
        guest.Write(0x14, 1, 0x0B);
        guest.SetUp(0, 8);
        guest.Write(0x14, 1, 0);
        guest.Write(0x14, 1, 3);
        guest.WriteFeatures(VirtioFeatures.Version1);
        guest.Write(0x14, 1, 0x0B);
        guest.Write(0x18, 2, 8);
        guest.Write(0x20, 8, VirtioGuest.DescriptorsOf(0));
        guest.Write(0x28, 8, VirtioGuest.AvailableOf(0));
        guest.Write(0x30, 8, VirtioGuest.AvailableOf(0));
        guest.Write(0x1C, 2, 1);
        guest.Write(0x14, 1, 0x0F);
        guest.Memory.Write(new GuestPhysical(Header), HeaderOf(99, 0));
        guest.Add(0, (Header, 16, false), (Status, 1, true));
        guest.Notify(0);
        Assert.InRange(guest.ReadUInt16(VirtioGuest.AvailableOf(0) + 2), 1, 9);
        Assert.Equal(2, guest.Bytes(Status, 1)[0]);
    }

    [Fact]
    public void A_saved_device_goes_on_with_its_requests()
    {
        guest.Memory.Write(new GuestPhysical(Data), Pattern(512));
        Ask(type: 1, sector: 1, (Data, 512, false));
        Ask(type: 0, sector: 5, (Data, 512, true));
        using VirtioGuest other = guest.Restored(Disk);
        Assert.Equal(guest.Board.State(), other.Board.State());
        BlockDevice restored = other.Board.Board.Virtio<BlockDevice>(VirtioGuest.Slot)!;
        Assert.Equal(Requests[0].Data.ToArray(), restored.Pending(0).Data.ToArray());
        Assert.True(Device.Complete(1, DiskStatus.Done, Pattern(512)));
        Assert.True(restored.Complete(1, DiskStatus.Done, Pattern(512)));
        Assert.Equal(guest.Board.State(), other.Board.State());
        Assert.Equal(guest.Bytes(Data, 512), other.Bytes(Data, 512));
    }

    [Fact]
    public void What_is_written_is_in_the_running_hash_of_what_left_the_machine()
    {
        Hash128 nothing = Device.Output!.Current;
        Ask(type: 1, sector: 1, (Data, 512, false));
        Hash128 once = Device.Output.Current;
        using var other = new VirtioGuest(Disk);
        other.Start(other.Transport.Device.Features | VirtioFeatures.Common);
        other.Memory.Write(new GuestPhysical(Header), HeaderOf(1, 2));
        other.Add(0, (Header, 16, false), (Data, 512, false), (Status, 1, true));
        other.Notify(0);
        Assert.NotEqual(nothing, once);
        Assert.NotEqual(once, other.Transport.Device.Output!.Current);
    }

    private void Ask(uint type, ulong sector, params (ulong, uint, bool)[] data)
    {
        guest.Memory.Write(new GuestPhysical(Header), HeaderOf(type, sector));
        guest.Add(0, [(Header, 16, false), .. data, (Status, 1, true)]);
        guest.Notify(0);
    }

    private static byte[] HeaderOf(uint type, ulong sector)
    {
        byte[] header = new byte[16];
        BinaryPrimitives.WriteUInt32LittleEndian(header, type);
        BinaryPrimitives.WriteUInt64LittleEndian(header.AsSpan(8), sector);
        return header;
    }

    private static byte[] Pattern(int count) => [.. Enumerable.Range(0, count).Select(i => (byte)((i * 7) + (i >> 8) + 1))];
}
