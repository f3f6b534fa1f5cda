using System.Buffers.Binary;
using Guest.Machine.Devices.AcpiPm;
using Guest.Machine.Devices.Apic;
using Guest.Machine.Devices.Pci;
using Guest.Machine.Devices.Reset;

namespace Guest.Machine.Board.Acpi;

/// <summary>The ACPI tables as firmware leaves them in memory: RSDP, XSDT, FADT, FACS, MADT, MCFG, DSDT (ACPI 6.4, chapter 5).</summary>
public static class AcpiTables
{
    /// <summary>Where the RSDP stands, and the first byte of the area the tables are in.</summary>
    public const uint Start = 0xE_0000;

    /// <summary>The first byte behind that area.</summary>
    public const uint End = 0x10_0000;

    private const int RsdpSize = 36;
    private const int FacsSize = 64;
    private const ushort FlagLegacyDevices = 1 << 0;
    private const ushort FlagNoVga = 1 << 2;
    private const byte CenturyRegister = 0x32;

    // Above 100 and 1000 microseconds: there is no C2 and no C3.
    private const ushort NoSuchState = 0x0FFF;

    // WBINVD works, C1 on every CPU, no fixed power and sleep buttons, no fixed clock event, 32-bit PM timer, reset register, headless.
    private const uint FixedFeatures = (1 << 0) | (1 << 2) | (1 << 4) | (1 << 5) | (1 << 6) | (1 << 8) | (1 << 10) | (1 << 12);

    private const ushort ActiveHighLevel = 0x000D;

    /// <summary>Builds the tables.</summary>
    /// <param name="cpus">The number of vCPUs: 1 to <see cref="PcBoard.MaxCpus"/>, with APIC ids from 0.</param>
    /// <param name="pciInterrupts">Whether to say how PCI interrupts are wired.</param>
    /// <returns>The bytes to put at <see cref="Start"/>.</returns>
    public static byte[] Build(int cpus, bool pciInterrupts = false)
    {
        var area = new List<byte>(new byte[RsdpSize]);
        uint facs = Place(area, Facs());
        uint dsdt = Place(area, Dsdt.Build(cpus, pciInterrupts));
        uint fadt = Place(area, Fadt(facs, dsdt));
        uint madt = Place(area, Madt(cpus));
        uint mcfg = Place(area, Mcfg());
        uint xsdt = Place(area, Xsdt(fadt, madt, mcfg));
        byte[] bytes = [.. area];
        Rsdp(xsdt).CopyTo(bytes, 0);
        return bytes.Length <= End - Start ? bytes : throw new InvalidOperationException("the ACPI tables outgrow their area");
    }

    // The FACS needs 64 bytes of alignment; the others get it too.
    private static uint Place(List<byte> area, byte[] table)
    {
        area.AddRange(new byte[-area.Count & 63]);
        uint address = Start + (uint)area.Count;
        area.AddRange(table);
        return address;
    }

    private static byte[] Rsdp(uint xsdt)
    {
        byte[] rsdp = [.. "RSD PTR "u8, 0, .. "REPLAY"u8, 2, .. new byte[20]];
        BinaryPrimitives.WriteUInt32LittleEndian(rsdp.AsSpan(20), RsdpSize);
        BinaryPrimitives.WriteUInt64LittleEndian(rsdp.AsSpan(24), xsdt);
        rsdp[8] = AcpiTable.ChecksumOf(rsdp.AsSpan(0, 20));
        rsdp[32] = AcpiTable.ChecksumOf(rsdp);
        return rsdp;
    }

    private static byte[] Xsdt(params ReadOnlySpan<uint> tables)
    {
        var xsdt = new AcpiTable("XSDT", 1);
        foreach (uint table in tables)
        {
            xsdt.Qword(table);
        }

        return xsdt.Finish();
    }

    private static byte[] Facs()
    {
        byte[] facs = [.. "FACS"u8, .. new byte[FacsSize - 4]];
        BinaryPrimitives.WriteUInt32LittleEndian(facs.AsSpan(4), FacsSize);
        facs[32] = 2;
        return facs;
    }

    // ACPI 6.4, table 5.9, field by field.
    private static byte[] Fadt(uint facs, uint dsdt)
    {
        var fadt = new AcpiTable("FACP", 6);
        fadt.Dword(facs);
        fadt.Dword(dsdt);
        fadt.Zero(2);
        fadt.Word(AcpiPm.Irq);
        fadt.Zero(8);
        fadt.Dword(AcpiPm.EventPort);
        fadt.Dword(0);
        fadt.Dword(AcpiPm.ControlPort);
        fadt.Zero(8);
        fadt.Dword(AcpiPm.TimerPort);
        fadt.Zero(8);
        fadt.Bytes([4, 2, 0, 4, 0, 0, 0, 0]);
        fadt.Word(NoSuchState);
        fadt.Word(NoSuchState);
        fadt.Zero(8);
        fadt.Byte(CenturyRegister);
        fadt.Word(FlagLegacyDevices | FlagNoVga);
        fadt.Zero(1);
        fadt.Dword(FixedFeatures);
        fadt.PortRegister(ResetControl.ResetPort, 1, access: 1);
        fadt.Byte(ResetControl.ResetValue);
        fadt.Zero(2);
        fadt.Byte(4);
        fadt.Qword(0);
        fadt.Qword(dsdt);
        fadt.PortRegister(AcpiPm.EventPort, 4, access: 2);
        fadt.Zero(12);
        fadt.PortRegister(AcpiPm.ControlPort, 2, access: 2);
        fadt.Zero(24);
        fadt.PortRegister(AcpiPm.TimerPort, 4, access: 3);
        fadt.Zero(48);
        fadt.Zero(8);
        return fadt.Finish();
    }

    // ACPI 6.4, 5.2.12: local APICs, the I/O APIC, where ISA interrupts 0 and 9 differ from the rule, and LINT1.
    private static byte[] Madt(int cpus)
    {
        var madt = new AcpiTable("APIC", 5);
        madt.Dword((uint)LocalApic.DefaultBase);
        madt.Dword(1);
        for (int cpu = 0; cpu < cpus; cpu++)
        {
            madt.Bytes([0, 8, (byte)cpu, (byte)cpu, 1, 0, 0, 0]);
        }

        madt.Bytes([1, 12, 0, 0]);
        madt.Dword((uint)IoApic.DefaultBase);
        madt.Dword(0);
        Override(madt, irq: 0, pin: IsaInterrupts.TimerPin, flags: 0);
        Override(madt, irq: AcpiPm.Irq, pin: AcpiPm.Irq, ActiveHighLevel);
        madt.Bytes([4, 6, 0xFF, 0, 0, 1]);
        return madt.Finish();
    }

    // PCI Firmware 3.3, 4.1.2: bus 0 of segment 0.
    private static byte[] Mcfg()
    {
        var mcfg = new AcpiTable("MCFG", 1);
        mcfg.Zero(8);
        mcfg.Qword(PciHost.ConfigurationBase);
        mcfg.Zero(8);
        return mcfg.Finish();
    }

    private static void Override(AcpiTable madt, byte irq, uint pin, ushort flags)
    {
        madt.Bytes([2, 10, 0, irq]);
        madt.Dword(pin);
        madt.Word(flags);
    }
}
