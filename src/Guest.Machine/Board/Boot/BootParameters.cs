using System.Buffers.Binary;
using Guest.Machine.Board.Acpi;
using Guest.Machine.Devices.Apic;
using Guest.Machine.Devices.Pci;
using Guest.Machine.Memory;

namespace Guest.Machine.Board.Boot;

/// <summary>The page of parameters that the loader hands to the kernel (<c>boot_params</c>, Linux Documentation/arch/x86/zero-page.rst).</summary>
internal sealed class BootParameters
{
    private const int PageSize = 0x1000;
    private const int E820Count = 0x1E8;
    private const int E820Table = 0x2D0;
    private const int E820EntrySize = 20;
    private const uint E820Ram = 1;
    private const uint E820Reserved = 2;
    private const byte UnknownLoader = 0xFF;

    private readonly byte[] _page = new byte[PageSize];

    /// <summary>Starts with the setup header of the kernel.</summary>
    internal BootParameters(ReadOnlySpan<byte> setupHeader)
    {
        setupHeader.CopyTo(_page.AsSpan(0x1F1));
        _page[0x210] = UnknownLoader;
        WriteUInt64(0x070, AcpiTables.Start);
    }

    internal ReadOnlySpan<byte> Page => _page;

    internal void SetCommandLine(uint address) => WriteUInt32(0x228, address);

    internal void SetInitrd(uint address, uint size)
    {
        WriteUInt32(0x218, address);
        WriteUInt32(0x21C, size);
    }

    internal void SetSetupData(uint address) => WriteUInt64(0x250, address);

    /// <summary>The memory map: RAM, the area of ROM and tables below 1 MiB, PCI configuration, the APICs.</summary>
    internal void SetMemoryMap(ulong memorySize)
    {
        ulong low = Math.Min(memorySize, GuestMemory.LowEnd);
        AddRange(0, LowMemory.End, E820Ram);
        AddRange(LowMemory.End, LowMemory.HighMemory - LowMemory.End, E820Reserved);
        AddRange(LowMemory.HighMemory, low - LowMemory.HighMemory, E820Ram);
        AddRange(PciHost.ConfigurationBase, PciHost.ConfigurationSize, E820Reserved);
        AddRange(IoApic.DefaultBase, IoApic.RangeSize, E820Reserved);
        AddRange(LocalApic.DefaultBase, LocalApic.RangeSize, E820Reserved);
        if (memorySize > low)
        {
            AddRange(GuestMemory.HighStart, memorySize - low, E820Ram);
        }
    }

    private void AddRange(ulong start, ulong length, uint type)
    {
        int entry = E820Table + (_page[E820Count] * E820EntrySize);
        WriteUInt64(entry, start);
        WriteUInt64(entry + 8, length);
        WriteUInt32(entry + 16, type);
        _page[E820Count]++;
    }

    private void WriteUInt32(int offset, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(_page.AsSpan(offset), value);

    private void WriteUInt64(int offset, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(_page.AsSpan(offset), value);
}
