using System.Buffers.Binary;
using System.IO.Compression;
using Replay.Log.Native;

namespace Replay.Log.Disks;

/// <summary>A qcow2 image to be read: with backing files, zero clusters and compressed clusters; internal snapshots are not looked at.</summary>
/// <remarks>The file may be damaged or made with intent: whatever does not fit ends in RK0701, and no table is larger than the file.</remarks>
public sealed class Qcow2Image : IDiskImage
{
    private const ulong IsCompressed = 1UL << 62;
    private const ulong OffsetBits = 0x00FF_FFFF_FFFF_FE00;
    private const ulong ReadsAsZero = 1;
    private const int MostCachedTables = 64;

    private readonly ImageFile _file;
    private readonly Qcow2Header _header;
    private readonly IDiskImage? _backing;
    private readonly byte[] _l1;
    private readonly Dictionary<ulong, byte[]> _tables = [];
    private readonly byte[] _unpacked;
    private ulong _unpackedEntry;

    internal Qcow2Image(ImageFile file, Qcow2Header header, IDiskImage? backing)
    {
        _file = file;
        _header = header;
        _backing = backing;
        _l1 = new byte[8 * header.L1Entries];
        _unpacked = new byte[ClusterBytes];
        file.Read(header.L1Offset, _l1);
    }

    /// <inheritdoc/>
    public long Bytes => _header.Bytes;

    private int ClusterBytes => 1 << _header.ClusterBits;

    private int TableBits => _header.ClusterBits - 3;

    /// <inheritdoc/>
    public void Read(long offset, Span<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            int inside = (int)(offset & (ClusterBytes - 1));
            int part = Math.Min(bytes.Length, ClusterBytes - inside);
            ReadCluster(EntryOf(offset >> _header.ClusterBits), offset, inside, bytes[..part]);
            offset += part;
            bytes = bytes[part..];
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _file.Dispose();
        _backing?.Dispose();
    }

    private ulong EntryOf(long cluster)
    {
        ulong table = BinaryPrimitives.ReadUInt64BigEndian(_l1.AsSpan((int)(cluster >> TableBits) * 8)) & OffsetBits;
        if (table == 0)
        {
            return 0;
        }

        if (!_tables.TryGetValue(table, out byte[]? entries))
        {
            entries = new byte[ClusterBytes];
            ReadInside(table, entries);
            if (_tables.Count == MostCachedTables)
            {
                _tables.Clear();
            }

            _tables.Add(table, entries);
        }

        return BinaryPrimitives.ReadUInt64BigEndian(entries.AsSpan((int)(cluster & ((1L << TableBits) - 1)) * 8));
    }

    private void ReadCluster(ulong entry, long offset, int inside, Span<byte> bytes)
    {
        if ((entry & IsCompressed) != 0)
        {
            Unpack(entry);
            _unpacked.AsSpan(inside, bytes.Length).CopyTo(bytes);
        }
        else if ((entry & ReadsAsZero) != 0 && _header.KnowsZero)
        {
            bytes.Clear();
        }
        else if ((entry & OffsetBits) != 0)
        {
            ReadInside((entry & OffsetBits) + (ulong)inside, bytes);
        }
        else
        {
            ReadBacking(offset, bytes);
        }
    }

    // A backing file may be shorter than the disk.
    private void ReadBacking(long offset, Span<byte> bytes)
    {
        int there = (int)Math.Clamp((_backing?.Bytes ?? 0) - offset, 0, bytes.Length);
        if (there > 0)
        {
            _backing!.Read(offset, bytes[..there]);
        }

        bytes[there..].Clear();
    }

    // The last cluster of a file may be cut; one that begins behind its end is damage.
    private void ReadInside(ulong offset, Span<byte> bytes)
    {
        if (offset >= (ulong)_file.Length)
        {
            throw DiskErrors.Damaged(_file.Path, $"a cluster at offset {offset} lies behind its end");
        }

        _file.Read((long)offset, bytes);
    }

    // Where the packed bytes begin, and how many sectors hold them (qcow2.txt, "Compressed Clusters Descriptor").
    private void Unpack(ulong entry)
    {
        if (entry == _unpackedEntry)
        {
            return;
        }

        _unpackedEntry = 0;
        int offsetBits = 62 - (_header.ClusterBits - 8);
        ulong offset = entry & ((1UL << offsetBits) - 1);
        ulong sectors = ((entry & ~IsCompressed & (ulong.MaxValue >> 1)) >> offsetBits) + 1;
        byte[] packed = new byte[((int)sectors * 512) - (int)(offset & 511)];
        ReadInside(offset, packed);
        try
        {
            if (_header.Zstd)
            {
                UnpackZstd(packed);
            }
            else
            {
                using var stream = new DeflateStream(new MemoryStream(packed), CompressionMode.Decompress);
                stream.ReadExactly(_unpacked);
            }
        }
        catch (Exception error) when (error is InvalidDataException or EndOfStreamException)
        {
            throw DiskErrors.Damaged(_file.Path, $"the compressed cluster at offset {offset} does not unpack");
        }

        _unpackedEntry = entry;
    }

    private void UnpackZstd(byte[] packed)
    {
        if (!Zstd.IsAvailable)
        {
            throw LogErrors.Bad(LogErrors.CodecMissing, $"the disk image {_file.Path} is compressed by zstd and this host has no libzstd.so.1");
        }

        int length = Zstd.FirstFrameLength(packed);
        if (Zstd.Decompress(packed.AsSpan(0, length), _unpacked) != _unpacked.Length)
        {
            throw new InvalidDataException("a short cluster");
        }
    }
}
