namespace Guest.Machine.Devices.Pci;

/// <summary>What a function of the PCI bus says that it is (PCI 3.0, 6.2.1 and 6.2.4).</summary>
/// <param name="Vendor">Who made it.</param>
/// <param name="Device">Which of the vendor's it is.</param>
/// <param name="Revision">Its revision.</param>
/// <param name="Class">Class code, 24 bits: base class, subclass, programming interface.</param>
/// <param name="Subsystem">The subsystem's number; its vendor is <paramref name="Vendor"/>.</param>
public readonly record struct PciIdentity(ushort Vendor, ushort Device, byte Revision, uint Class, ushort Subsystem);
