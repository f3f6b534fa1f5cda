using Guest.Machine.Board;
using Guest.Machine.Devices;
using Guest.Machine.Memory;

namespace Guest.Machine.Tests.Devices;

public sealed class PanicDeviceTests
{
    private const ulong Register = 0xE02F_0000;

    [Theory]
    [InlineData(1, true)]
    [InlineData(2, false)]
    [InlineData(3, true)]
    [InlineData(0, false)]
    public void Only_a_panic_ends_the_run(byte value, bool panics)
    {
        using var memory = new GuestMemory(1 << 20);
        var board = new TestBoard(pci: new PciSetup([new PanicDescription { Slot = 31, Name = "panic0" }], memory, new NoBackEnds()));
        Assert.Equal(3ul, board.Board.Mmio.Read(board.Apic, new GuestPhysical(Register), 1));
        board.Board.Mmio.Write(board.Apic, new GuestPhysical(Register), 1, value);
        Assert.Equal(panics, board.HasPanicked);
    }
}
