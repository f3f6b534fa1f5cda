using System.Buffers.Binary;
using Guest.Machine.Memory;

namespace Guest.Machine.Board.Boot;

/// <summary>Where the loader puts what the kernel needs at its entry, all below 640 KiB, and the page tables and descriptors among it.</summary>
internal static class LowMemory
{
    internal const uint Gdt = 0x1000;
    internal const uint PageTables = 0x2000;
    internal const uint BootParameters = 0x1_0000;
    internal const uint CommandLine = 0x1_1000;
    internal const uint SetupData = 0x1_4000;
    internal const int CommandLineRoom = (int)(SetupData - CommandLine);
    internal const int SetupDataRoom = 0x1000;

    /// <summary>The end of RAM below the old video memory.</summary>
    internal const uint End = 0xA_0000;

    /// <summary>Where RAM goes on: nothing but tables is loaded below it.</summary>
    internal const uint HighMemory = 0x10_0000;

    private const ulong PresentWritable = 3;
    private const ulong LargePage = 1 << 7;
    private const int MappedGigabytes = 4;

    // Accessed flat segments of 4 GiB: 64-bit code and data (Intel SDM 3A 3.4.5); the first two entries stay empty.
    private const ulong CodeSegment = 0x00AF_9B00_0000_FFFF;
    private const ulong DataSegment = 0x00CF_9300_0000_FFFF;

    internal const ushort GdtLimit = (4 * 8) - 1;

    internal static void WriteGdt(GuestMemory memory)
    {
        WriteUInt64(memory, Gdt + BootState.CodeSelector, CodeSegment);
        WriteUInt64(memory, Gdt + BootState.DataSelector, DataSegment);
    }

    /// <summary>One page of level 4, one of level 3, and one of 512 pages of 2 MiB for each GiB.</summary>
    internal static void WritePageTables(GuestMemory memory)
    {
        const uint PageSize = 0x1000;
        const uint Directories = PageTables + (2 * PageSize);
        WriteUInt64(memory, PageTables, (PageTables + PageSize) | PresentWritable);
        for (uint gigabyte = 0; gigabyte < MappedGigabytes; gigabyte++)
        {
            WriteUInt64(memory, PageTables + PageSize + (gigabyte * 8), (Directories + (gigabyte * PageSize)) | PresentWritable);
        }

        for (uint page = 0; page < MappedGigabytes * 512; page++)
        {
            WriteUInt64(memory, Directories + (page * 8), ((ulong)page << 21) | LargePage | PresentWritable);
        }
    }

    private static void WriteUInt64(GuestMemory memory, uint address, ulong value)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        memory.Write(new GuestPhysical(address), bytes);
    }
}
