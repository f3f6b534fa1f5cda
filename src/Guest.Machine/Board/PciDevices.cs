using Guest.Machine.Devices;
using Guest.Machine.Devices.Block;
using Guest.Machine.Devices.Console;
using Guest.Machine.Devices.Entropy;
using Guest.Machine.Devices.Network;
using Guest.Machine.Devices.Panic;
using Guest.Machine.Devices.Pci;
using Guest.Machine.Devices.Virtio;

namespace Guest.Machine.Board;

/// <summary>The devices that a machine can have on its PCI bus: one row each.</summary>
internal static class PciDevices
{
    /// <summary>Builds a described device.</summary>
    /// <param name="description">Which.</param>
    /// <param name="bus">What it can reach.</param>
    /// <param name="control">Who ends the run.</param>
    /// <param name="backEnds">What stands behind it.</param>
    /// <param name="console">Where console text goes.</param>
    internal static PciFunction Create(PciDeviceDescription description, PciBus bus, IBoardControl control, IBackEnds backEnds, IConsoleOutput console) => description switch
    {
        PanicDescription => new PanicDevice(description.Name, description.Slot, control),
        BlockDescription disk => OnVirtio(description, bus, new BlockDevice(disk.Bytes, disk.ReadOnly, disk.Serial, backEnds)),
        NetworkDescription network => OnVirtio(description, bus, new NetworkDevice(network, backEnds)),
        ConsoleDescription terminal => OnVirtio(description, bus, new ConsoleDevice(terminal, console)),
        EntropyDescription => OnVirtio(description, bus, new EntropyDevice(backEnds)),
        _ => throw new InvalidOperationException($"there is no device for {description.GetType().Name}"),
    };

    private static VirtioPci OnVirtio(PciDeviceDescription description, PciBus bus, VirtioDevice device) =>
        new(description.Name, description.Slot, device, bus);
}
