using Guest.Machine.Board;
using Guest.Machine.Devices.Block;
using Guest.Machine.Devices.Console;
using Guest.Machine.Devices.Entropy;
using Guest.Machine.Devices.Network;

namespace Guest.Machine.Tests.Devices.Virtio;

/// <summary>Each virtio device against a hostile guest (<see cref="VirtioFuzz"/>).</summary>
public sealed class VirtioFuzzTests
{
    [Fact]
    public void No_guest_gets_out_of_the_entropy_device() => VirtioFuzz.Run(
        new EntropyDescription { Slot = VirtioGuest.Slot, Name = "entropy0" },
        (guest, random) => guest.Board.Board.Virtio<EntropyDevice>(VirtioGuest.Slot)!.Receive(new byte[random.Next(EntropyDevice.MostBytes + 2)]));

    [Fact]
    public void No_guest_gets_out_of_the_console_device() => VirtioFuzz.Run(
        new ConsoleDescription { Slot = VirtioGuest.Slot, Name = "console0", Columns = 80, Rows = 24 },
        (guest, random) =>
        {
            ConsoleDevice device = guest.Board.Board.VirtioConsole!;
            if (random.Next(8) == 0)
            {
                device.Resize((ushort)random.Next(65536), (ushort)random.Next(65536));
            }
            else
            {
                device.Receive(new byte[random.Next(300)]);
            }
        });

    [Fact]
    public void No_guest_gets_out_of_the_network_device() => VirtioFuzz.Run(
        new NetworkDescription { Slot = VirtioGuest.Slot, Name = "network0", Mac = "52:54:00:12:34:56", Mtu = 1500 },
        (guest, random) =>
        {
            NetworkDevice device = guest.Board.Board.Virtio<NetworkDevice>(VirtioGuest.Slot)!;
            int length = random.Next(device.LongestFrame + 2);
            bool can = device.CanReceive(length);
            Assert.Equal(can, device.Receive(new byte[length]));
        });

    [Fact]
    public void No_guest_gets_out_of_the_block_device() => VirtioFuzz.Run(
        new BlockDescription { Slot = VirtioGuest.Slot, Name = "disk0", Bytes = 256 * 512, ReadOnly = false, Serial = "fuzz" },
        (guest, random) =>
        {
            BlockDevice device = guest.Board.Board.Virtio<BlockDevice>(VirtioGuest.Slot)!;
            int index = random.Next(device.PendingCount + 1) - random.Next(2);
            bool reads = index >= 0 && index < device.PendingCount && device.Pending(index).Kind == DiskRequestKind.Read;
            var status = (DiskStatus)random.Next(3);
            int length = random.Next(16) == 0 ? random.Next(2000) : reads && status == DiskStatus.Done ? device.Pending(index).Length : 0;
            device.Complete(index, status, new byte[length]);
        });
}
