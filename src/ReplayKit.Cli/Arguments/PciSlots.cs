using System.Collections.Immutable;
using Guest.Machine.Board;
using Replay.Log;

namespace ReplayKit.Cli.Arguments;

/// <summary>Gives the devices of a machine their slots on the PCI bus: in the order they are named, from 1; the last slot is the panic device's.</summary>
internal sealed class PciSlots
{
    private readonly List<PciDeviceDescription> devices = [];

    /// <summary>Puts a device into the next slot.</summary>
    /// <exception cref="Guest.Machine.ReplayKitException">RK0315: there is none left.</exception>
    public void Add(Func<int, PciDeviceDescription> describe)
    {
        int slot = devices.Count + 1;
        if (slot == LogFormat.MaxSlot)
        {
            throw UsageError.TooManyDevices(LogFormat.MaxSlot - 1);
        }

        devices.Add(describe(slot));
    }

    /// <summary>All of them, and the panic device that every machine has.</summary>
    public ImmutableArray<PciDeviceDescription> ToDevices() => [.. devices, new PanicDescription { Slot = LogFormat.MaxSlot, Name = "panic0" }];
}
