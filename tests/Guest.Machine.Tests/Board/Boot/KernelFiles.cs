using System.Buffers.Binary;
using System.Text;

namespace Guest.Machine.Tests.Board.Boot;

/// <summary>Small kernel files of each form, for the loader.</summary>
internal static class KernelFiles
{
    internal const int SetupSectors = 4;
    internal const int SetupSize = (SetupSectors + 1) * 512;
    internal const uint PayloadSize = 0x4000;
    internal const uint InitSize = 0x80_0000;
    internal const ulong Preferred = 0x100_0000;

    internal static byte[] BzImage()
    {
        byte[] file = new byte[SetupSize + PayloadSize];
        file[0x1F1] = SetupSectors;
        Put32(file, 0x1F4, PayloadSize / 16);
        Put16(file, 0x1FE, 0xAA55);
        file[0x201] = 0x6A;
        Encoding.ASCII.GetBytes("HdrS").CopyTo(file, 0x202);
        Put16(file, 0x206, 0x020F);
        file[0x211] = 1;
        Put32(file, 0x22C, 0x7FFF_FFFF);
        Put32(file, 0x230, 0x20_0000);
        file[0x234] = 1;
        Put16(file, 0x236, 0x3F);
        Put32(file, 0x238, 2047);
        BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(0x258), Preferred);
        Put32(file, 0x260, InitSize);
        for (int i = SetupSize; i < file.Length; i++)
        {
            file[i] = (byte)(i * 7);
        }

        return file;
    }

    internal static byte[] Vmlinux()
    {
        byte[] file = new byte[0x3000];
        Encoding.Latin1.GetBytes("\x7F" + "ELF\x02\x01\x01").CopyTo(file, 0);
        Put16(file, 16, 2);
        Put16(file, 18, 62);
        Put64(file, 24, 0x100_0040);
        Put64(file, 32, 64);
        Put16(file, 54, 56);
        Put16(file, 56, 2);
        Segment(file, 64, offset: 0x1000, address: 0x100_0000, fileSize: 0x1000, memorySize: 0x1000);
        Segment(file, 120, offset: 0x2000, address: 0x120_0000, fileSize: 0x800, memorySize: 0x2000);
        file.AsSpan(0x1000, 0x1000).Fill(0xC1);
        file.AsSpan(0x2000, 0x800).Fill(0xD2);
        return file;
    }

    internal static void Put16(byte[] file, int at, ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(at), value);

    internal static void Put32(byte[] file, int at, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(at), value);

    internal static void Put64(byte[] file, int at, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(at), value);

    private static void Segment(byte[] file, int at, ulong offset, ulong address, ulong fileSize, ulong memorySize)
    {
        Put32(file, at, 1);
        Put64(file, at + 8, offset);
        Put64(file, at + 16, address + 0xFFFF_FFFF_8000_0000);
        Put64(file, at + 24, address);
        Put64(file, at + 32, fileSize);
        Put64(file, at + 40, memorySize);
    }
}
