using Guest.Machine.Devices.Pci;

namespace Guest.Machine.Devices.Panic;

/// <summary>The pvpanic device (QEMU docs/specs/pvpanic.rst), by which a guest's kernel says that it has panicked. Linux: pvpanic-pci.</summary>
public sealed class PanicDevice : PciFunction
{
    private const ushort Vendor = 0x1B36;
    private const ushort Device = 0x0011;
    private const uint SystemPeripheral = 0x08_80_00;
    private const uint RangeSize = 0x1000;
    private const byte Panicked = 1;

    // The guest has a kernel that takes over after a panic: it goes on.
    private const byte CrashLoaded = 2;

    private readonly IBoardControl _board;

    /// <summary>Creates the device.</summary>
    public PanicDevice(string name, int slot, IBoardControl board)
        : base(name, slot, new PciIdentity(Vendor, Device, Revision: 1, SystemPeripheral, Subsystem: 0x1100))
    {
        _board = board;
        AddRange(0, RangeSize, FirmwareAddress);
    }

    /// <inheritdoc/>
    public override ulong ReadRange(int bar, uint offset, int size) => offset == 0 ? Panicked | CrashLoaded : 0u;

    /// <inheritdoc/>
    public override void WriteRange(int bar, uint offset, int size, ulong value)
    {
        if (offset == 0 && (value & Panicked) != 0)
        {
            _board.Panic();
        }
    }
}
