using System.Buffers.Binary;
using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;
using Guest.Machine.Board.Acpi;

namespace Guest.Machine.Tests.Board.Acpi;

public sealed class AcpiTablesTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(64)]
    public void Every_table_sums_to_zero_and_is_reached_from_the_RSDP(int cpus)
    {
        byte[] area = AcpiTables.Build(cpus);
        Assert.Equal("RSD PTR ", Encoding.ASCII.GetString(area, 0, 8));
        Assert.Equal(0, Sum(area.AsSpan(0, 20)));
        Assert.Equal(0, Sum(area.AsSpan(0, 36)));
        Assert.Equal(["XSDT", "FACP", "DSDT", "APIC", "MCFG"], Tables(area).Keys);
        Assert.All(Tables(area).Values, table => Assert.Equal(0, Sum(table)));
    }

    [Fact]
    public void The_FACS_is_aligned_as_the_specification_asks()
    {
        byte[] area = AcpiTables.Build(1);
        uint facs = BinaryPrimitives.ReadUInt32LittleEndian(Tables(area)["FACP"].AsSpan(36));
        Assert.Equal(0u, facs % 64);
        Assert.Equal("FACS", Encoding.ASCII.GetString(area, (int)(facs - AcpiTables.Start), 4));
    }

    [Fact]
    public void The_MADT_lists_each_vCPU_once()
    {
        byte[] madt = Tables(AcpiTables.Build(64))["APIC"];
        var ids = new List<byte>();
        for (int at = 44; at < madt.Length; at += madt[at + 1])
        {
            if (madt[at] == 0)
            {
                ids.Add(madt[at + 3]);
            }
        }

        Assert.Equal(Enumerable.Range(0, 64).Select(id => (byte)id), ids);
    }

    [IaslFact]
    public void The_compiler_of_ACPICA_reads_the_DSDT_and_compiles_it_again_without_a_warning()
    {
        string source = Disassemble("DSDT", 64, pciInterrupts: true);
        Assert.Contains("Device (C03F)", source, StringComparison.Ordinal);
        Assert.Contains("EisaId (\"PNP0A03\")", source, StringComparison.Ordinal);
        Assert.Contains("EisaId (\"PNP0501\")", source, StringComparison.Ordinal);
        Assert.Contains("EisaId (\"PNP0B00\")", source, StringComparison.Ordinal);
        Assert.Matches(@"Name \(\\?_S5, Package \(0x04\)", source);
        Assert.Matches(@"IO \(Decode16,\s+0x03F8,", source);
        Assert.Contains("Name (_PRT, Package (0x1F)", source, StringComparison.Ordinal);
        Assert.Matches(@"0x001FFFFF,\s+Zero,\s+Zero,\s+0x17\s", source);
        Assert.Matches(@"IRQNoFlags \(\)\s+\{4\}", source);

        using var folder = new TemporaryFolder();
        File.WriteAllText(Path.Combine(folder.Path, "dsdt.dsl"), source);
        string output = RunIasl(folder.Path, "dsdt.dsl");
        Assert.Contains("0 Errors, 0 Warnings", output, StringComparison.Ordinal);
    }

    [IaslFact]
    public void Without_devices_on_the_PCI_bus_the_DSDT_is_what_it_always_was() =>
        Assert.DoesNotContain("_PRT", Disassemble("DSDT", 1), StringComparison.Ordinal);

    [IaslFact]
    public void The_compiler_of_ACPICA_finds_the_fixed_hardware_in_the_FADT()
    {
        string fadt = Disassemble("FACP", 1);
        AssertField(fadt, "SCI Interrupt", "0009");
        AssertField(fadt, "PM1A Event Block Address", "00000600");
        AssertField(fadt, "PM1A Control Block Address", "00000604");
        AssertField(fadt, "PM Timer Block Address", "00000608");
        AssertField(fadt, "PM1 Event Block Length", "04");
        AssertField(fadt, "PM Timer Block Length", "04");
        AssertField(fadt, "RTC Century Index", "32");
        AssertField(fadt, @"8042 Present on ports 60/64 \(V2\)", "0");
        AssertField(fadt, @"VGA Not Present \(V4\)", "1");
        AssertField(fadt, @"32-bit PM Timer \(V1\)", "1");
        AssertField(fadt, @"Reset Register Supported \(V2\)", "1");
        AssertField(fadt, @"Hardware Reduced \(V5\)", "0");
        AssertField(fadt, "Value to cause reset", "06");
        Assert.DoesNotContain("Invalid", fadt, StringComparison.Ordinal);
    }

    [IaslFact]
    public void The_compiler_of_ACPICA_finds_the_configuration_space_of_bus_0_in_the_MCFG()
    {
        string mcfg = Disassemble("MCFG", 1);
        AssertField(mcfg, "Base Address", "00000000E0000000");
        AssertField(mcfg, "Start Bus Number", "00");
        AssertField(mcfg, "End Bus Number", "00");
    }

    [IaslFact]
    public void The_compiler_of_ACPICA_finds_the_interrupt_overrides_in_the_MADT()
    {
        string madt = Disassemble("APIC", 2);
        Assert.Equal(2, Regex.Count(madt, @"\[Processor Local APIC\]"));
        Assert.Matches(@"Source : 00\s+\[.*\]\s+Interrupt : 00000002", madt);
        Assert.Matches(@"Source : 09\s+\[.*\]\s+Interrupt : 00000009\s+\[.*\]\s+Flags \(decoded below\) : 000D", madt);
    }

    private static void AssertField(string text, string name, string value) => Assert.Matches($@"(?m){name} : {value}\s*$", text);

    private static string Disassemble(string table, int cpus, bool pciInterrupts = false)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(Path.Combine(folder.Path, "table.dat"), Tables(AcpiTables.Build(cpus, pciInterrupts))[table]);
        RunIasl(folder.Path, "-d", "table.dat");
        return File.ReadAllText(Path.Combine(folder.Path, "table.dsl"));
    }

    private static string RunIasl(string folder, params string[] arguments)
    {
        using Process iasl = Process.Start(new ProcessStartInfo("iasl", arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        Task<string> errors = iasl.StandardError.ReadToEndAsync();
        string output = iasl.StandardOutput.ReadToEnd() + errors.GetAwaiter().GetResult();
        iasl.WaitForExit();
        Assert.True(iasl.ExitCode == 0, output);
        return output;
    }

    private static Dictionary<string, byte[]> Tables(byte[] area)
    {
        byte[] xsdt = At(area, BinaryPrimitives.ReadUInt64LittleEndian(area.AsSpan(24)));
        var tables = new Dictionary<string, byte[]> { ["XSDT"] = xsdt };
        for (int entry = 36; entry < xsdt.Length; entry += 8)
        {
            byte[] table = At(area, BinaryPrimitives.ReadUInt64LittleEndian(xsdt.AsSpan(entry)));
            string signature = Encoding.ASCII.GetString(table, 0, 4);
            tables[signature] = table;
            if (signature == "FACP")
            {
                tables["DSDT"] = At(area, BinaryPrimitives.ReadUInt64LittleEndian(table.AsSpan(140)));
            }
        }

        return tables;
    }

    private static byte[] At(byte[] area, ulong address)
    {
        int start = (int)(address - AcpiTables.Start);
        return area[start..(start + BinaryPrimitives.ReadInt32LittleEndian(area.AsSpan(start + 4)))];
    }

    private static byte Sum(ReadOnlySpan<byte> bytes)
    {
        byte sum = 0;
        foreach (byte value in bytes)
        {
            sum += value;
        }

        return sum;
    }

    private sealed class TemporaryFolder : IDisposable
    {
        public string Path { get; } = Directory.CreateTempSubdirectory("replaykit-acpi-").FullName;

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}
