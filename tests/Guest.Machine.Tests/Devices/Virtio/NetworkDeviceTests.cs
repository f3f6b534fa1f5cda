using Guest.Machine.Board;
using Guest.Machine.Devices.Network;
using Guest.Machine.Devices.Virtio;

namespace Guest.Machine.Tests.Devices.Virtio;

/// <summary>The network device, seen by a driver.</summary>
public sealed class NetworkDeviceTests : IDisposable
{
    private const int Receive = 0;
    private const int Send = 1;
    private const int Header = 12;
    private const ulong Merging = VirtioFeatures.Version1 | (1 << 15);

    private static readonly NetworkDescription Description = new() { Slot = VirtioGuest.Slot, Name = "network0", Mac = "52:54:00:12:34:56", Mtu = 1500 };

    private readonly VirtioGuest guest = new(Description);

    public void Dispose() => guest.Dispose();

    private NetworkDevice Device => guest.Board.Board.Virtio<NetworkDevice>(VirtioGuest.Slot)!;

    [Fact]
    public void A_driver_reads_address_state_and_size_from_the_configuration()
    {
        Assert.Equal(0x1041_1AF4u, guest.ReadPci(0x00, 4));
        Assert.Equal([0x52, 0x54, 0x00, 0x12, 0x34, 0x56], Enumerable.Range(0, 6).Select(at => (byte)guest.Read(0x2000 + (uint)at, 1)));
        Assert.Equal(1ul, guest.Read(0x2006, 2));
        Assert.Equal(1500ul, guest.Read(0x200A, 2));
    }

    [Fact]
    public void A_sent_frame_leaves_without_its_header_and_is_in_the_output_hash()
    {
        guest.Start();
        Hash128 before = Device.Output.Current;
        byte[] frame = Frame(100);
        guest.Memory.Write(new GuestPhysical(VirtioGuest.Buffers), new byte[Header]);
        guest.Memory.Write(new GuestPhysical(VirtioGuest.Buffers + Header), frame);
        int head = guest.Add(Send, (VirtioGuest.Buffers, Header + 40, false), (VirtioGuest.Buffers + Header + 40, 60, false));
        guest.Notify(Send);
        Assert.Equal(frame, Assert.Single(guest.BackEnds.Frames));
        Assert.Equal(((uint)head, 0u), guest.TakeUsed(Send));
        Assert.Equal(VirtioGuest.QueueVector, guest.TakeInterrupt());
        Assert.NotEqual(before, Device.Output.Current);
    }

    [Theory]
    [InlineData(13)]
    [InlineData(1519)]
    public void A_frame_that_cannot_travel_is_lost_and_given_back(int length)
    {
        guest.Start();
        guest.Add(Send, (VirtioGuest.Buffers, (uint)(Header + length), false));
        guest.Notify(Send);
        Assert.Empty(guest.BackEnds.Frames);
        Assert.NotNull(guest.TakeUsed(Send));
    }

    [Fact]
    public void A_request_to_send_without_a_header_breaks_the_device()
    {
        guest.Start();
        guest.Add(Send, (VirtioGuest.Buffers, Header - 1, false));
        guest.Notify(Send);
        Assert.Equal(VirtioStatus.NeedsReset, guest.Status & VirtioStatus.NeedsReset);
        Assert.False(Device.IsListening);
    }

    [Fact]
    public void A_received_frame_lies_behind_its_header_in_the_oldest_buffer()
    {
        guest.Start();
        Assert.False(Device.CanReceive(60));
        int head = guest.Add(Receive, (VirtioGuest.Buffers, Header, true), (VirtioGuest.Buffers + 0x1000, 1518, true));
        guest.Notify(Receive);
        Assert.Equal(1, guest.BackEnds.ReadyCalls);
        byte[] frame = Frame(60);
        Assert.True(Device.Receive(frame));
        Assert.Equal(((uint)head, 72u), guest.TakeUsed(Receive));
        Assert.Equal([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0], guest.Bytes(VirtioGuest.Buffers, Header));
        Assert.Equal(frame, guest.Bytes(VirtioGuest.Buffers + 0x1000, 60));
        Assert.Equal(VirtioGuest.QueueVector, guest.TakeInterrupt());
        Assert.False(Device.Receive(frame));
    }

    [Fact]
    public void A_frame_takes_as_many_buffers_as_it_needs_where_the_driver_agreed()
    {
        guest.Start(Merging);
        byte[] frame = Frame(1000);
        guest.Add(Receive, (VirtioGuest.Buffers, 600, true));
        guest.Notify(Receive);
        Assert.False(Device.Receive(frame));
        guest.Add(Receive, (VirtioGuest.Buffers + 0x1000, 600, true));
        guest.Add(Receive, (VirtioGuest.Buffers + 0x2000, 600, true));
        guest.Notify(Receive);
        Assert.True(Device.Receive(frame));
        Assert.Equal(600u, guest.TakeUsed(Receive)!.Value.Written);
        Assert.Equal(412u, guest.TakeUsed(Receive)!.Value.Written);
        Assert.Null(guest.TakeUsed(Receive));
        Assert.Equal(2, guest.ReadUInt16(VirtioGuest.Buffers + 10));
        Assert.Equal(frame, (byte[])[.. guest.Bytes(VirtioGuest.Buffers + Header, 588), .. guest.Bytes(VirtioGuest.Buffers + 0x1000, 412)]);
    }

    [Fact]
    public void A_frame_that_no_buffers_of_the_guest_can_hold_is_taken_and_lost()
    {
        guest.Start(Merging, queueSize: 2);
        guest.Add(Receive, (VirtioGuest.Buffers, 100, true));
        guest.Add(Receive, (VirtioGuest.Buffers + 0x1000, 100, true));
        guest.Notify(Receive);
        Assert.True(Device.Receive(Frame(500)));
        Assert.Null(guest.TakeUsed(Receive));
        Assert.True(Device.Receive(Frame(150)));
        Assert.NotNull(guest.TakeUsed(Receive));
    }

    [Fact]
    public void Buffers_that_wait_are_saved_and_a_reset_forgets_them()
    {
        guest.Start();
        guest.Add(Receive, (VirtioGuest.Buffers, 600, true));
        guest.Notify(Receive);
        using VirtioGuest restored = guest.Restored(Description);
        Assert.Equal(guest.DeviceState(), restored.DeviceState());
        Assert.True(restored.Board.Board.Virtio<NetworkDevice>(VirtioGuest.Slot)!.Receive(Frame(60)));
        guest.Write(0x14, 1, 0);
        guest.Start();
        Assert.False(Device.CanReceive(60));
    }

    [Fact]
    public void An_observer_sees_what_passes_in_its_order()
    {
        var seen = new Seen();
        Device.Observer = seen;
        guest.Start();
        guest.Add(Receive, (VirtioGuest.Buffers, 600, true));
        guest.Notify(Receive);
        Device.Receive(Frame(60));
        guest.Add(Send, (VirtioGuest.Buffers, Header + 50, false));
        guest.Notify(Send);
        Assert.False(Device.Receive(Frame(60)));
        Assert.Equal(["received 60", "sent 50"], seen.Frames);
    }

    [Theory]
    [InlineData("52:54:00:12:34:56", 67)]
    [InlineData("52:54:00:12:34:56", 65521)]
    [InlineData("53:54:00:12:34:56", 1500)]
    [InlineData("52:54:00:12:34", 1500)]
    [InlineData("one", 1500)]
    public void There_is_no_device_with_an_impossible_address_or_size(string mac, int mtu) =>
        Assert.False((Description with { Mac = mac, Mtu = (ushort)mtu }).IsPossible);

    private static byte[] Frame(int length)
    {
        byte[] frame = new byte[length];
        new Random(length).NextBytes(frame);
        return frame;
    }

    private sealed class Seen : IFrameObserver
    {
        public List<string> Frames { get; } = [];

        public void Sent(int slot, ReadOnlySpan<byte> frame) => Frames.Add($"sent {frame.Length}");

        public void Received(int slot, ReadOnlySpan<byte> frame) => Frames.Add($"received {frame.Length}");
    }
}
