using System.Text;
using Guest.Machine.Board;
using Guest.Machine.Devices.Console;
using Guest.Machine.Devices.Virtio;

namespace Guest.Machine.Tests.Devices.Virtio;

public sealed class ConsoleDeviceTests : IDisposable
{
    private const ulong HasSize = 1;
    private static readonly ConsoleDescription s_description = new() { Slot = VirtioGuest.Slot, Name = "console0", Columns = 80, Rows = 24 };
    private readonly VirtioGuest _guest = new(s_description);

    private ConsoleDevice Device => _guest.Board.Board.VirtioConsole!;

    public void Dispose() => _guest.Dispose();

    [Fact]
    public void Text_leaves_at_the_notification_in_its_order()
    {
        _guest.Start();
        _guest.Memory.Write(new GuestPhysical(VirtioGuest.Buffers), "hello, world"u8);
        _guest.Add(1, (VirtioGuest.Buffers, 7, false), (VirtioGuest.Buffers + 7, 5, false));
        Assert.Empty(_guest.Board.Sent);
        _guest.Notify(1);
        Assert.Equal("hello, world", Encoding.ASCII.GetString([.. _guest.Board.Sent]));
        Assert.Equal(VirtioGuest.ConfigurationVector, _guest.TakeInterrupt());
        Assert.Equal(VirtioGuest.QueueVector, _guest.TakeInterrupt());
        _guest.Add(1, (VirtioGuest.Buffers, 2, false));
        _guest.Notify(1);
        Assert.Equal(VirtioGuest.QueueVector, _guest.TakeInterrupt());
    }

    [Fact]
    public void What_is_typed_before_the_guest_listens_waits_and_arrives_in_pieces_as_large_as_its_buffers()
    {
        Assert.Equal(5, Device.Receive("typed"u8));
        _guest.Start();
        _guest.Add(0, (VirtioGuest.Buffers, 3, true));
        _guest.Add(0, (VirtioGuest.Buffers + 16, 100, true));
        _guest.Notify(0);
        Assert.False(_guest.Status.HasFlag(VirtioStatus.NeedsReset));
        Assert.Equal("typ", Encoding.ASCII.GetString(_guest.Bytes(VirtioGuest.Buffers, 3)));
        Assert.Equal("ed", Encoding.ASCII.GetString(_guest.Bytes(VirtioGuest.Buffers + 16, 2)));
        Assert.Equal(VirtioGuest.QueueVector, _guest.TakeInterrupt());
        Assert.Equal(ConsoleDevice.QueueCapacity, Device.Receive(new byte[ConsoleDevice.QueueCapacity + 1]));
        Assert.Equal(0, Device.Receive("x"u8));
    }

    [Fact]
    public void A_new_size_is_in_the_configuration_and_its_interrupt_says_so()
    {
        _guest.Start(VirtioFeatures.Version1 | HasSize);
        Assert.Equal((80ul, 24ul), (_guest.Read(0x2000, 2), _guest.Read(0x2002, 2)));
        ulong generation = _guest.Read(0x15, 1);
        Device.Resize(132, 50);
        Assert.Equal(VirtioGuest.ConfigurationVector, _guest.TakeInterrupt());
        Assert.Equal((132ul, 50ul), (_guest.Read(0x2000, 2), _guest.Read(0x2002, 2)));
        Assert.NotEqual(generation, _guest.Read(0x15, 1));
    }

    [Fact]
    public void A_text_that_is_longer_than_any_breaks_the_device_and_nothing_leaves()
    {
        _guest.Start();
        _guest.Add(1, (VirtioGuest.Buffers, ConsoleDevice.LongestText, false), (VirtioGuest.Buffers, 1, false));
        _guest.Notify(1);
        Assert.Empty(_guest.Board.Sent);
        Assert.True(_guest.Status.HasFlag(VirtioStatus.NeedsReset));
    }

    [Fact]
    public void Its_state_round_trips_with_what_was_typed_and_the_size()
    {
        _guest.Start();
        Device.Receive("later"u8);
        Device.Resize(100, 30);
        using VirtioGuest restored = _guest.Restored(s_description);
        restored.Add(0, (VirtioGuest.Buffers, 100, true));
        restored.Notify(0);
        Assert.Equal("later", Encoding.ASCII.GetString(restored.Bytes(VirtioGuest.Buffers, 5)));
        Assert.Equal((100, 30), (restored.Board.Board.VirtioConsole!.Columns, restored.Board.Board.VirtioConsole.Rows));
    }
}
