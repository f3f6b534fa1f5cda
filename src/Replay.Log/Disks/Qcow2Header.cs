using System.Buffers.Binary;
using System.Text;

namespace Replay.Log.Disks;

/// <summary>The header of a qcow2 image (QEMU docs/interop/qcow2.txt, "Header"); all numbers are big-endian.</summary>
internal sealed record Qcow2Header
{
    internal const uint Magic = 0x5146_49FB;
    internal const int Length = 104;
    internal const int IncompatibleOffset = 72;
    internal const ulong Dirty = 1 << 0;
    internal const ulong Corrupt = 1 << 1;
    internal const ulong CompressionType = 1 << 3;
    internal const uint BackingFormatExtension = 0xE279_2ACA;
    internal const int MostBackingName = 1023;

    private const int OldLength = 72;
    private const uint FeatureNamesExtension = 0x6803_F857;
    private const int FeatureNameBytes = 48;
    private const int MostHeader = 1 << 16;
    private const int LargestClusterBits = 21;
    private const int SmallestClusterBits = 9;
    private const long LargestTable = 32 << 20;
    private const long LargestDisk = 1L << 56;

    private static readonly string[] s_knownNames =
        ["dirty", "corrupt", "external data file", "compression type", "extended L2 entries"];

    internal required int ClusterBits { get; init; }

    internal required long Bytes { get; init; }

    internal required long L1Offset { get; init; }

    internal required int L1Entries { get; init; }

    internal required string? Backing { get; init; }

    internal required string? BackingFormat { get; init; }

    /// <summary>Whether clusters are compressed by zstd and not by deflate.</summary>
    internal required bool Zstd { get; init; }

    /// <summary>Whether clusters can be marked as zero (version 3).</summary>
    internal required bool KnowsZero { get; init; }

    /// <summary>Reads a header.</summary>
    /// <exception cref="Guest.Machine.ReplayKitException">RK0701, RK0702: it is damaged, or of a kind that is not known.</exception>
    internal static Qcow2Header Read(ImageFile file)
    {
        byte[] bytes = new byte[Math.Min(MostHeader, file.Length)];
        file.Read(0, bytes);
        if (bytes.Length < OldLength || UInt32(bytes, 0) != Magic)
        {
            throw DiskErrors.Damaged(file.Path, "it is no qcow2 image");
        }

        uint version = UInt32(bytes, 4);
        if (version is not (2 or 3))
        {
            throw DiskErrors.UnknownFeature(file.Path, $"qcow2 version {version}");
        }

        if (version == 3 && bytes.Length < Length)
        {
            throw DiskErrors.Damaged(file.Path, "its header is cut");
        }

        ulong features = version == 3 ? UInt64(bytes, IncompatibleOffset) : 0;
        uint headerLength = version == 3 ? UInt32(bytes, 100) : OldLength;
        if (headerLength < (version == 3 ? Length : OldLength) || headerLength > bytes.Length)
        {
            throw DiskErrors.Damaged(file.Path, $"its header has {headerLength} bytes");
        }

        Dictionary<uint, byte[]> extensions = Extensions(file, bytes, (int)headerLength);
        CheckFeatures(file, features, extensions.GetValueOrDefault(FeatureNamesExtension) ?? []);
        if (UInt32(bytes, 32) != 0)
        {
            throw DiskErrors.UnknownFeature(file.Path, "encryption");
        }

        return Checked(file, new Qcow2Header
        {
            ClusterBits = (int)Math.Min(UInt32(bytes, 20), 64),
            Bytes = (long)Math.Min(UInt64(bytes, 24), long.MaxValue),
            L1Entries = (int)Math.Min(UInt32(bytes, 36), int.MaxValue),
            L1Offset = (long)Math.Min(UInt64(bytes, 40), long.MaxValue),
            Backing = BackingName(file, bytes),
            BackingFormat = extensions.TryGetValue(BackingFormatExtension, out byte[]? format) ? Encoding.UTF8.GetString(format) : null,
            Zstd = (features & CompressionType) != 0 && Compression(file, bytes, headerLength),
            KnowsZero = version == 3,
        });
    }

    internal static uint UInt32(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32BigEndian(bytes[at..]);

    internal static ulong UInt64(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt64BigEndian(bytes[at..]);

    // Everything that is used as an index or a length later is bounded here.
    private static Qcow2Header Checked(ImageFile file, Qcow2Header header)
    {
        if (header.ClusterBits is < SmallestClusterBits or > LargestClusterBits)
        {
            throw DiskErrors.Damaged(file.Path, $"its clusters have 2^{header.ClusterBits} bytes");
        }

        long perTable = 1L << (header.ClusterBits + header.ClusterBits - 3);
        if (header.Bytes is <= 0 or > LargestDisk || header.Bytes % 512 != 0)
        {
            throw DiskErrors.Damaged(file.Path, $"its disk has {header.Bytes} bytes");
        }

        long tableBytes = 8L * header.L1Entries;
        if (header.L1Entries < (header.Bytes + perTable - 1) / perTable || tableBytes > LargestTable || header.L1Offset > file.Length - tableBytes)
        {
            throw DiskErrors.Damaged(file.Path, $"its table of {header.L1Entries} entries at offset {header.L1Offset} cannot be");
        }

        return header;
    }

    private static bool Compression(ImageFile file, ReadOnlySpan<byte> bytes, uint headerLength)
    {
        byte type = headerLength > Length ? bytes[Length] : (byte)0;
        return type <= 1 ? type == 1 : throw DiskErrors.UnknownFeature(file.Path, $"compression type {type}");
    }

    private static string? BackingName(ImageFile file, ReadOnlySpan<byte> bytes)
    {
        ulong offset = UInt64(bytes, 8);
        uint length = UInt32(bytes, 16);
        if (offset == 0 || length == 0)
        {
            return null;
        }

        return length <= MostBackingName && offset <= (ulong)bytes.Length - length
            ? Encoding.UTF8.GetString(bytes.Slice((int)offset, (int)length))
            : throw DiskErrors.Damaged(file.Path, "the name of its backing file lies outside its header");
    }

    private static Dictionary<uint, byte[]> Extensions(ImageFile file, ReadOnlySpan<byte> bytes, int at)
    {
        Dictionary<uint, byte[]> found = [];
        while (at + 8 <= bytes.Length && UInt32(bytes, at) is not 0 and uint type)
        {
            uint length = UInt32(bytes, at + 4);
            if (length > bytes.Length - at - 8)
            {
                throw DiskErrors.Damaged(file.Path, $"a header extension has {length} bytes");
            }

            found[type] = bytes.Slice(at + 8, (int)length).ToArray();
            at += 8 + (((int)length + 7) & ~7);
        }

        return found;
    }

    // A dirty image has stale reference counts, which nobody reads here.
    private static void CheckFeatures(ImageFile file, ulong features, byte[] names)
    {
        if ((features & Corrupt) != 0)
        {
            throw DiskErrors.Damaged(file.Path, "it is marked as corrupt; 'qemu-img check -r all' may repair it");
        }

        ulong unknown = features & ~(Dirty | CompressionType);
        for (int bit = 0; unknown >> bit != 0; bit++)
        {
            if ((unknown >> bit & 1) != 0)
            {
                throw DiskErrors.UnknownFeature(file.Path, $"the incompatible feature {NameOf(bit, names)}");
            }
        }
    }

    private static string NameOf(int bit, ReadOnlySpan<byte> names)
    {
        for (; names.Length >= FeatureNameBytes; names = names[FeatureNameBytes..])
        {
            if (names[0] == 0 && names[1] == bit)
            {
                return $"'{Encoding.UTF8.GetString(names[2..FeatureNameBytes]).TrimEnd('\0')}' (bit {bit})";
            }
        }

        return bit < s_knownNames.Length ? $"'{s_knownNames[bit]}' (bit {bit})" : $"of bit {bit}";
    }
}
