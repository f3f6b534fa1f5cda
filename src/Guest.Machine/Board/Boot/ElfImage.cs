using System.Buffers.Binary;

namespace Guest.Machine.Board.Boot;

/// <summary>The ELF form of a kernel (<c>vmlinux</c>), entered at its physical entry point by the 64-bit boot protocol.</summary>
internal static class ElfImage
{
    private const int HeaderSize = 64;
    private const int ProgramHeaderSize = 56;
    private const ushort MachineX8664 = 62;
    private const uint Loadable = 1;

    // What a bzImage's header would say (Linux boot.rst): the newest protocol known here, everything loaded high.
    private const uint DefaultCommandLineLimit = 2047;
    private const uint DefaultInitrdLimit = 0x7FFF_FFFF;

    internal static bool Recognises(ReadOnlySpan<byte> file) =>
        file.Length >= HeaderSize && file[..4].SequenceEqual("\u007fELF"u8) && file[4] == 2 && file[5] == 1
        && BinaryPrimitives.ReadUInt16LittleEndian(file[18..]) == MachineX8664;

    internal static KernelImage Read(ReadOnlyMemory<byte> file)
    {
        ReadOnlySpan<byte> header = file.Span;
        ulong entry = BinaryPrimitives.ReadUInt64LittleEndian(header[24..]);
        ulong table = BinaryPrimitives.ReadUInt64LittleEndian(header[32..]);
        int entrySize = BinaryPrimitives.ReadUInt16LittleEndian(header[54..]);
        int count = BinaryPrimitives.ReadUInt16LittleEndian(header[56..]);
        var segments = new List<KernelSegment>();
        ulong end = 0;
        for (int i = 0; i < count; i++)
        {
            ulong offset = table + ((ulong)i * (ulong)entrySize);
            if (entrySize < ProgramHeaderSize || offset > (ulong)file.Length || (ulong)file.Length - offset < ProgramHeaderSize)
            {
                throw KernelImage.Damaged(offset, "its program headers lie outside");
            }

            if (ReadSegment(file, (int)offset) is { } segment)
            {
                segments.Add(segment.Part);
                end = Math.Max(end, segment.End);
            }
        }

        // The entry must be an address that was loaded: a position-dependent vmlinux gives its physical one.
        return segments.Exists(segment => entry - segment.Address.Value < (ulong)segment.Bytes.Length)
            ? new KernelImage(segments, entry, end, SetupHeader(), DefaultCommandLineLimit, DefaultInitrdLimit)
            : throw KernelImage.Damaged(24, $"nothing is loaded at its entry 0x{entry:x}");
    }

    private static (KernelSegment Part, ulong End)? ReadSegment(ReadOnlyMemory<byte> file, int at)
    {
        ReadOnlySpan<byte> header = file.Span[at..];
        ulong offset = BinaryPrimitives.ReadUInt64LittleEndian(header[8..]);
        ulong address = BinaryPrimitives.ReadUInt64LittleEndian(header[24..]);
        ulong fileSize = BinaryPrimitives.ReadUInt64LittleEndian(header[32..]);
        ulong memorySize = BinaryPrimitives.ReadUInt64LittleEndian(header[40..]);
        if (BinaryPrimitives.ReadUInt32LittleEndian(header) != Loadable || memorySize == 0)
        {
            return null;
        }

        if (offset > (ulong)file.Length || fileSize > (ulong)file.Length - offset || fileSize > memorySize)
        {
            throw KernelImage.Damaged((ulong)at, "a segment lies outside");
        }

        if (address < LowMemory.HighMemory || address >= 1ul << 32 || memorySize >= 1ul << 32)
        {
            throw KernelImage.Damaged((ulong)at, $"a segment cannot be loaded at 0x{address:x}");
        }

        var part = new KernelSegment(new GuestPhysical(address), file.Slice((int)offset, (int)fileSize));
        return (part, address + memorySize);
    }

    private static byte[] SetupHeader()
    {
        byte[] parameters = new byte[0x268];
        BinaryPrimitives.WriteUInt16LittleEndian(parameters.AsSpan(0x1FE), 0xAA55);
        "HdrS"u8.CopyTo(parameters.AsSpan(0x202));
        BinaryPrimitives.WriteUInt16LittleEndian(parameters.AsSpan(0x206), 0x020F);
        parameters[0x211] = 1;
        BinaryPrimitives.WriteUInt32LittleEndian(parameters.AsSpan(0x22C), DefaultInitrdLimit);
        BinaryPrimitives.WriteUInt32LittleEndian(parameters.AsSpan(0x230), 1 << 21);
        BinaryPrimitives.WriteUInt32LittleEndian(parameters.AsSpan(0x238), DefaultCommandLineLimit);
        return parameters[0x1F1..];
    }
}
