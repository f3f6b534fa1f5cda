using Guest.Machine.Devices.Apic;
using Guest.Machine.Memory;

namespace Guest.Machine.Devices.Pci;

/// <summary>What a function on the bus can reach: guest memory, the local APICs by messages, the I/O APIC by its pin.</summary>
/// <param name="Memory">The guest's RAM.</param>
/// <param name="Router">Delivers message-signalled interrupts.</param>
/// <param name="Pins">The wires of the interrupt pins.</param>
public sealed record PciBus(GuestMemory Memory, InterruptRouter Router, PciInterrupts Pins);
