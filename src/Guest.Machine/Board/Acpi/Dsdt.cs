using System.Globalization;
using Guest.Machine.Devices.AcpiPm;
using Guest.Machine.Devices.Pci;

namespace Guest.Machine.Board.Acpi;

/// <summary>The DSDT: what cannot be found by probing, in the ACPI machine language (ACPI 6.4, 5.2.11.1).</summary>
internal static class Dsdt
{
    internal static byte[] Build(int cpus, bool pciInterrupts)
    {
        var table = new AcpiTable("DSDT", 2);
        table.Bytes(Aml.Name(@"\_S5", SleepPackage()));
        table.Bytes(Aml.Scope(@"\_SB", [.. Processors(cpus), PciHostBridge(pciInterrupts), SerialPort(), RealTimeClock(), Motherboard()]));
        return table.Finish();
    }

    // The sleep types for PM1a and PM1b, then two reserved numbers (ACPI 6.4, 7.4.2.6).
    private static byte[] SleepPackage() => Aml.Package(
        Aml.Integer(AcpiPm.PowerOffSleepType), Aml.Integer(AcpiPm.PowerOffSleepType), Aml.Integer(0), Aml.Integer(0));

    private static IEnumerable<byte[]> Processors(int cpus) => Enumerable.Range(0, cpus).Select(cpu => Aml.Device(
        string.Create(CultureInfo.InvariantCulture, $"C{cpu:X3}"),
        Aml.Name("_HID", Aml.String("ACPI0007")),
        Aml.Name("_UID", Aml.Integer((uint)cpu))));

    private static byte[] PciHostBridge(bool interrupts) => Aml.Device(
        "PCI0",
        Aml.Name("_HID", Aml.EisaId("PNP0A03")),
        Aml.Name("_UID", Aml.Integer(0)),
        Aml.Name("_BBN", Aml.Integer(0)),
        Aml.Name("_CRS", AmlResources.Template(
            AmlResources.Buses(0, 0),
            AmlResources.Ports(0xCF8, 8),
            AmlResources.PortWindow(0x0000, 0x0CF7),
            AmlResources.PortWindow(0x0D00, 0xFFFF),
            AmlResources.MemoryWindow(PciHost.LowWindow, (uint)PciHost.ConfigurationBase - 1),
            AmlResources.MemoryWindow(PciHost.HighWindow, PciHost.HighWindowEnd - 1))),
        interrupts ? Aml.Name("_PRT", PciRoutes()) : []);

    // For each slot: its address with any function, pin A, no link device, the I/O APIC's pin (ACPI 6.4, 6.2.13).
    private static byte[] PciRoutes() => Aml.Package([.. Enumerable.Range(1, PciHost.Slots - 1).Select(slot => Aml.Package(
        Aml.Integer(((uint)slot << 16) | 0xFFFF), Aml.Integer(0), Aml.Integer(0), Aml.Integer((uint)PciInterrupts.PinOf(slot))))]);

    private static byte[] SerialPort() => Aml.Device(
        "COM1",
        Aml.Name("_HID", Aml.EisaId("PNP0501")),
        Aml.Name("_UID", Aml.Integer(1)),
        Aml.Name("_CRS", AmlResources.Template(AmlResources.Ports(0x3F8, 8), AmlResources.Interrupt(4))));

    private static byte[] RealTimeClock() => Aml.Device(
        "RTC0",
        Aml.Name("_HID", Aml.EisaId("PNP0B00")),
        Aml.Name("_CRS", AmlResources.Template(AmlResources.Ports(0x70, 2), AmlResources.Interrupt(8))));

    // Ports that belong to the board itself, so that nothing else is put there.
    private static byte[] Motherboard() => Aml.Device(
        "MBRD",
        Aml.Name("_HID", Aml.EisaId("PNP0C02")),
        Aml.Name("_CRS", AmlResources.Template(
            AmlResources.Ports(AcpiPm.EventPort, AcpiPm.PortCount),
            AmlResources.Ports(0x4D0, 2))));
}
