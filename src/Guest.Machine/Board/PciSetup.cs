using Guest.Machine.Devices;
using Guest.Machine.Memory;

namespace Guest.Machine.Board;

/// <summary>The devices of a board's PCI bus and what they need.</summary>
/// <param name="Devices">What the machine's description lists.</param>
/// <param name="Memory">The guest's RAM.</param>
/// <param name="BackEnds">What stands behind the devices.</param>
public sealed record PciSetup(IReadOnlyList<PciDeviceDescription> Devices, GuestMemory Memory, IBackEnds BackEnds);
