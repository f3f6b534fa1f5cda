using System.Buffers.Binary;
using System.Text;
using Guest.Machine;

namespace Replay.Log.Disks;

/// <summary>A new qcow2 file on top of an image that stays as it is: writes go to the file, reads to where the newest content is.</summary>
/// <remarks>
/// Other programs read it as they read any overlay (<c>qemu-img info</c>, <c>qemu-img commit</c>). Clusters have 4 KiB, so that writes of a page
/// copy nothing. The map is on disk as soon as the data: a process that is killed leaves an overlay with everything that was written. Reference
/// counts are written when it is closed; until then it is marked dirty, which readers ignore and repairing tools understand.
/// </remarks>
public sealed class Qcow2Overlay : IDisk
{
    /// <summary>Bytes of a cluster.</summary>
    public const int ClusterBytes = 1 << ClusterBits;

    private const int ClusterBits = 12;
    private const int TableEntries = ClusterBytes / 8;
    private const int CountsPerBlock = ClusterBytes / 2;
    private const ulong Copied = 1UL << 63;
    private const ulong OffsetBits = 0x00FF_FFFF_FFFF_FE00;
    private const int CountOrder = 4;

    private readonly IDiskImage _base;
    private readonly ImageFile _file;
    private readonly ulong[] _l1;
    private readonly ulong[]?[] _tables;
    private readonly byte[] _cluster = new byte[ClusterBytes];
    private readonly long _l1Offset = ClusterBytes;
    private readonly long _countsOffset;
    private readonly int _countsClusters;
    private long _end;

    private Qcow2Overlay(IDiskImage image, ImageFile file)
    {
        _base = image;
        _file = file;
        long clusters = Clusters(image.Bytes);
        _l1 = new ulong[DivideUp(clusters, TableEntries)];
        _tables = new ulong[_l1.Length][];
        _countsOffset = _l1Offset + ((long)Clusters(8L * _l1.Length) << ClusterBits);

        // Room for the reference counts of the largest file there can be: every cluster, every table, and the counts themselves.
        long most = (_countsOffset >> ClusterBits) + clusters + _l1.Length + 2;
        long blocks = DivideUp(most + DivideUp(most, CountsPerBlock / 2), CountsPerBlock);
        _countsClusters = (int)Clusters(8 * blocks);
        _end = _countsOffset + ((long)_countsClusters << ClusterBits);
    }

    /// <inheritdoc/>
    public long Bytes => _base.Bytes;

    /// <summary>Creates an overlay; closing it closes the image under it.</summary>
    /// <param name="path">The file; it must not exist.</param>
    /// <param name="image">What is under it.</param>
    /// <param name="backingPath">The file of that image, as the overlay names it.</param>
    /// <param name="backingFormat">Its format.</param>
    /// <exception cref="ReplayKitException">RK0109, RK0110: it cannot be written.</exception>
    public static Qcow2Overlay Create(string path, IDiskImage image, string backingPath, DiskFormat backingFormat)
    {
        ImageFile file = ImageFile.Create(path);
        try
        {
            var overlay = new Qcow2Overlay(image, file);
            overlay.WriteHeader(backingPath, backingFormat);
            return overlay;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Read(long offset, Span<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            int length = Run(offset, bytes.Length, out long at);
            if (at != 0)
            {
                _file.Read(at, bytes[..length]);
            }
            else
            {
                _base.Read(offset, bytes[..length]);
            }

            offset += length;
            bytes = bytes[length..];
        }
    }

    /// <inheritdoc/>
    public void Write(long offset, ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            int inside = (int)(offset & (ClusterBytes - 1));
            int length = Run(offset, bytes.Length, out long at);
            if (at != 0)
            {
                _file.Write(at, bytes[..length]);
            }
            else if (inside != 0 || length < ClusterBytes)
            {
                length = Math.Min(length, ClusterBytes - inside);
                WritePart(offset & ~(long)(ClusterBytes - 1), inside, bytes[..length]);
            }
            else
            {
                length &= ~(ClusterBytes - 1);
                Allocate(offset >> ClusterBits, bytes[..length]);
            }

            offset += length;
            bytes = bytes[length..];
        }
    }

    /// <summary>Takes what is under a range into the overlay, where it has nothing of its own there.</summary>
    /// <returns>Whether there was anything to take.</returns>
    public bool CopyUp(long offset, int length)
    {
        bool any = false;
        for (long cluster = offset >> ClusterBits; cluster << ClusterBits < offset + length; cluster++)
        {
            if (Find(cluster) == 0)
            {
                WritePart(cluster << ClusterBits, 0, []);
                any = true;
            }
        }

        return any;
    }

    /// <inheritdoc/>
    public void Flush() => _file.Flush();

    /// <summary>Writes the reference counts and closes both files.</summary>
    /// <exception cref="ReplayKitException">RK0109, RK0110: they cannot be written; the overlay is whole all the same, but marked dirty.</exception>
    public void Dispose()
    {
        try
        {
            WriteCounts();
        }
        finally
        {
            _file.Dispose();
            _base.Dispose();
        }
    }

    private static long DivideUp(long value, long by) => (value + by - 1) / by;

    private static long Clusters(long bytes) => DivideUp(bytes, ClusterBytes);

    // Where a cluster is in the file; 0: in the image under it.
    private long Find(long cluster)
    {
        ulong[]? table = _tables[cluster / TableEntries];
        return table is null ? 0 : (long)(table[cluster % TableEntries] & OffsetBits);
    }

    // How many bytes from an offset on lie in one piece, in the file (at its offset) or under it (0).
    private int Run(long offset, int most, out long at)
    {
        long cluster = offset >> ClusterBits;
        int inside = (int)(offset & (ClusterBytes - 1));
        long first = Find(cluster);
        at = first == 0 ? 0 : first + inside;
        int length = ClusterBytes - inside;
        for (long next = cluster + 1; length < most && Find(next) == (first == 0 ? 0 : first + ((next - cluster) << ClusterBits)); next++)
        {
            length += ClusterBytes;
        }

        return Math.Min(length, most);
    }

    // A part of a cluster that is not in the file yet: the rest of it comes from below.
    private void WritePart(long start, int inside, ReadOnlySpan<byte> bytes)
    {
        int there = (int)Math.Min(ClusterBytes, Bytes - start);
        _base.Read(start, _cluster.AsSpan(0, there));
        _cluster.AsSpan(there).Clear();
        bytes.CopyTo(_cluster.AsSpan(inside));
        Allocate(start >> ClusterBits, _cluster);
    }

    // New clusters in one piece at the end of the file; then the map, table by table.
    private void Allocate(long cluster, ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            int slot = (int)(cluster % TableEntries);
            int count = Math.Min(bytes.Length >> ClusterBits, TableEntries - slot);
            ulong[] table = TableOf(cluster, out long tableOffset);
            long at = _end;
            _file.Write(at, bytes[..(count << ClusterBits)]);
            _end += (long)count << ClusterBits;
            for (int i = 0; i < count; i++)
            {
                table[slot + i] = (ulong)(at + ((long)i << ClusterBits)) | Copied;
            }

            WriteWords(tableOffset + (8 * slot), table.AsSpan(slot, count));
            cluster += count;
            bytes = bytes[(count << ClusterBits)..];
        }
    }

    private ulong[] TableOf(long cluster, out long offset)
    {
        int index = (int)(cluster / TableEntries);
        if (_tables[index] is null)
        {
            long at = _end;
            _file.Write(at, new byte[ClusterBytes]);
            _end += ClusterBytes;
            _tables[index] = new ulong[TableEntries];
            _l1[index] = (ulong)at | Copied;
            WriteWords(_l1Offset + (8 * index), _l1.AsSpan(index, 1));
        }

        offset = (long)(_l1[index] & OffsetBits);
        return _tables[index]!;
    }

    private void WriteWords(long offset, ReadOnlySpan<ulong> words)
    {
        byte[] bytes = new byte[8 * words.Length];
        for (int i = 0; i < words.Length; i++)
        {
            BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(8 * i), words[i]);
        }

        _file.Write(offset, bytes);
    }

    private void WriteHeader(string backingPath, DiskFormat backingFormat)
    {
        byte[] name = Encoding.UTF8.GetBytes(backingPath);
        byte[] format = Encoding.ASCII.GetBytes(backingFormat == DiskFormat.Raw ? "raw" : "qcow2");
        if (name.Length > Qcow2Header.MostBackingName)
        {
            throw LogErrors.CannotWrite(_file.Path, new IOException($"the path of its backing file has {name.Length} bytes, at most {Qcow2Header.MostBackingName} are possible"));
        }

        int nameOffset = Qcow2Header.Length + 16 + 8;
        byte[] header = new byte[ClusterBytes];
        BinaryPrimitives.WriteUInt32BigEndian(header, Qcow2Header.Magic);
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(4), 3);
        BinaryPrimitives.WriteUInt64BigEndian(header.AsSpan(8), (ulong)nameOffset);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(16), name.Length);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(20), ClusterBits);
        BinaryPrimitives.WriteInt64BigEndian(header.AsSpan(24), Bytes);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(36), _l1.Length);
        BinaryPrimitives.WriteInt64BigEndian(header.AsSpan(40), _l1Offset);
        BinaryPrimitives.WriteInt64BigEndian(header.AsSpan(48), _countsOffset);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(56), _countsClusters);
        BinaryPrimitives.WriteUInt64BigEndian(header.AsSpan(Qcow2Header.IncompatibleOffset), Qcow2Header.Dirty);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(96), CountOrder);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(100), Qcow2Header.Length);
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(Qcow2Header.Length), Qcow2Header.BackingFormatExtension);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(Qcow2Header.Length + 4), format.Length);
        format.CopyTo(header, Qcow2Header.Length + 8);
        name.CopyTo(header, nameOffset);
        _file.Write(0, header);
        _file.SetLength(_end);
    }

    // Every cluster of the file up to its end is used once: blocks of ones, behind everything else, and the table of the blocks.
    private void WriteCounts()
    {
        long clusters = _end >> ClusterBits;
        long blocks = DivideUp(clusters, CountsPerBlock);
        while (DivideUp(clusters + blocks, CountsPerBlock) > blocks)
        {
            blocks++;
        }

        ulong[] table = new ulong[blocks];
        for (int block = 0; block < blocks; block++)
        {
            byte[] counts = new byte[ClusterBytes];
            long used = Math.Min(clusters + blocks - ((long)block * CountsPerBlock), CountsPerBlock);
            for (int i = 0; i < used; i++)
            {
                counts[(2 * i) + 1] = 1;
            }

            table[block] = (ulong)_end;
            _file.Write(_end, counts);
            _end += ClusterBytes;
        }

        WriteWords(_countsOffset, table);
        _file.Write(Qcow2Header.IncompatibleOffset, new byte[8]);
    }
}
