using System.Buffers.Binary;

namespace Guest.Machine.Board.Boot;

/// <summary>The bzImage form of a kernel: a setup header, real-mode code that is not used, and the part that is loaded (Linux boot.rst).</summary>
internal static class BzImage
{
    private const int BootFlag = 0x1FE;
    private const int HeaderMagic = 0x202;
    private const int ShortestHeader = 0x268;
    private const ushort FirstVersionWith64BitEntry = 0x020C;
    private const byte LoadedHigh = 1 << 0;
    private const ushort Has64BitEntry = 1 << 0;
    private const uint EntryOffset = 0x200;
    private const ulong LowestLoadAddress = LowMemory.HighMemory;

    internal static bool Recognises(ReadOnlySpan<byte> file) =>
        file.Length >= ShortestHeader && file[BootFlag] == 0x55 && file[BootFlag + 1] == 0xAA && file.Slice(HeaderMagic, 4).SequenceEqual("HdrS"u8);

    internal static KernelImage Read(ReadOnlyMemory<byte> file, ulong lowMemoryEnd)
    {
        ReadOnlySpan<byte> header = file.Span;
        CheckProtocol(header);
        int setupSectors = header[0x1F1] == 0 ? 4 : header[0x1F1];
        int setupSize = (setupSectors + 1) * 512;
        ulong size = 16ul * BinaryPrimitives.ReadUInt32LittleEndian(header[0x1F4..]);
        if (size == 0 || (ulong)setupSize + size > (ulong)file.Length)
        {
            throw KernelImage.Damaged((ulong)file.Length, $"its header announces {(ulong)setupSize + size} bytes");
        }

        ulong initSize = Math.Max(size, BinaryPrimitives.ReadUInt32LittleEndian(header[0x260..]));
        ulong address = LoadAddress(header, initSize, lowMemoryEnd);
        int headerEnd = 0x202 + header[0x201];
        return new KernelImage(
            [new KernelSegment(new GuestPhysical(address), file.Slice(setupSize, (int)size))],
            Entry: address + EntryOffset,
            End: address + initSize,
            file[0x1F1..Math.Min(headerEnd, 0x290)],
            BinaryPrimitives.ReadUInt32LittleEndian(header[0x238..]),
            BinaryPrimitives.ReadUInt32LittleEndian(header[0x22C..]));
    }

    private static void CheckProtocol(ReadOnlySpan<byte> header)
    {
        ushort version = BinaryPrimitives.ReadUInt16LittleEndian(header[0x206..]);
        bool loadedHigh = (header[0x211] & LoadedHigh) != 0;
        bool entry = (BinaryPrimitives.ReadUInt16LittleEndian(header[0x236..]) & Has64BitEntry) != 0;
        if (version < FirstVersionWith64BitEntry || !loadedHigh || !entry)
        {
            throw new ReplayKitException(202, ExitCode.BadInput, $"the kernel has no 64-bit entry (boot protocol {version >> 8}.{version & 0xFF:D2}); give an x86-64 kernel from 3.8 on");
        }
    }

    // The preferred address where it fits; a relocatable kernel goes lower where that helps.
    private static ulong LoadAddress(ReadOnlySpan<byte> header, ulong initSize, ulong lowMemoryEnd)
    {
        ulong preferred = BinaryPrimitives.ReadUInt64LittleEndian(header[0x258..]);
        uint alignment = Math.Max(BinaryPrimitives.ReadUInt32LittleEndian(header[0x230..]), 1u << 20);
        bool relocatable = header[0x234] != 0;
        if (preferred < LowestLoadAddress || preferred >= 1ul << 32 || (alignment & (alignment - 1)) != 0)
        {
            throw KernelImage.Damaged(0x258, $"it cannot be loaded at 0x{preferred:x}");
        }

        ulong lowest = (LowestLoadAddress + alignment - 1) & ~(ulong)(alignment - 1);
        return relocatable && preferred + initSize > lowMemoryEnd && lowest < preferred ? lowest : preferred;
    }
}
