using System.Buffers.Binary;
using Guest.Linux.Elf;
using Guest.Linux.Memory;
using Guest.Machine;

namespace Guest.Linux.Unwinding;

/// <summary>Finds the entries of a loaded program's or library's .eh_frame in the process's memory: by its sorted table (.eh_frame_hdr; Linux Standard Base 5, 10.6.2), or where it has none, as programs without shared libraries, by looking through all.</summary>
internal sealed class CallFrameTable
{
    private const ulong MostEntryBytes = 64 << 20;

    private const int HeaderBytes = 64, SegmentBytes = 56, MostSegments = 64, RowBytes = 8, FirstRow = 12;
    private const uint Loaded = 1, FrameHeader = 0x6474_E550;
    private static readonly byte[] s_start = [0x7F, (byte)'E', (byte)'L', (byte)'F', 2, 1];

    // Version 1; the entries' place and their number in four bytes; rows of two signed words that count from here.
    private static readonly byte[] s_header = [1, 0x1B, 0x03, 0x3B];
    private readonly IVirtualMemory _memory;
    private readonly ulong _header;
    private readonly uint _rows;
    private readonly SortedList<ulong, CallFrameEntry>? _all;

    private CallFrameTable(IVirtualMemory memory, ulong header, uint rows, SortedList<ulong, CallFrameEntry>? all = null) => (_memory, _header, _rows, _all) = (memory, header, rows, all);

    /// <summary>The table of the file that is mapped from its beginning at an address; null where it has none that is understood.</summary>
    /// <param name="memory">The process's memory.</param>
    /// <param name="file">The address.</param>
    /// <param name="headers">The file's headers, where there is a file.</param>
    internal static CallFrameTable? Of(IVirtualMemory memory, GuestVirtual file, Func<ElfFile?> headers)
    {
        byte[] header = new byte[HeaderBytes];
        if (!memory.TryRead(file, header) || !header.AsSpan().StartsWith(s_start))
        {
            return null;
        }

        int count = Math.Min(BinaryPrimitives.ReadUInt16LittleEndian(header.AsSpan(56)), (ushort)MostSegments);
        byte[] segments = new byte[count * SegmentBytes];
        if (!memory.TryRead(new GuestVirtual(file.Value + BinaryPrimitives.ReadUInt64LittleEndian(header.AsSpan(32))), segments))
        {
            return null;
        }

        (ulong? first, ulong? table) = (null, null);
        for (int at = 0; at < segments.Length; at += SegmentBytes)
        {
            ReadOnlySpan<byte> segment = segments.AsSpan(at, SegmentBytes);
            uint type = BinaryPrimitives.ReadUInt32LittleEndian(segment);
            ulong address = BinaryPrimitives.ReadUInt64LittleEndian(segment[16..]);
            first ??= type == Loaded ? address - BinaryPrimitives.ReadUInt64LittleEndian(segment[8..]) : null;
            table = type == FrameHeader ? address : table;
        }

        return first is not { } from ? null
            : table is { } place ? At(memory, unchecked(file.Value - from + place))
            : headers()?.PlaceOf(".eh_frame") is { } section && section.Length < MostEntryBytes ? All(memory, unchecked(file.Value - from + section.Address), section.Length) : null;
    }

    /// <summary>The entry that an address of code belongs to; null where there is none.</summary>
    internal CallFrameEntry? Find(ulong address)
    {
        CallFrameEntry? last = _all is not null
            ? SortedAddresses.CountUpTo(_all.Count, address, i => _all.GetKeyAtIndex((int)i)) is > 0 and var count ? _all.GetValueAtIndex((int)count - 1) : null
            : SortedAddresses.CountUpTo(_rows, address, row => Word(row, 0)) is > 0 and var rows && Word(rows - 1, 4) is { } place ? CallFrameEntry.Read(_memory, place) : null;
        return last is not null && address - last.Start < last.Length ? last : null;
    }

    private static CallFrameTable All(IVirtualMemory memory, ulong start, ulong length)
    {
        SortedList<ulong, CallFrameEntry> all = [];
        for (ulong at = start; at - start < length && memory.TryRead(new GuestVirtual(at), out uint bytes) && bytes != 0; at += sizeof(uint) + bytes)
        {
            if (CallFrameEntry.Read(memory, at) is { Length: > 0 } entry)
            {
                all[entry.Start] = entry;
            }
        }

        return new CallFrameTable(memory, 0, 0, all);
    }

    private static CallFrameTable? At(IVirtualMemory memory, ulong header)
    {
        byte[] bytes = new byte[FirstRow];
        return memory.TryRead(new GuestVirtual(header), bytes) && bytes.AsSpan().StartsWith(s_header)
            ? new CallFrameTable(memory, header, BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(8)))
            : null;
    }

    private ulong? Word(long row, int at) =>
        _memory.TryRead(new GuestVirtual(_header + FirstRow + ((ulong)row * RowBytes) + (ulong)at), out uint word) ? unchecked(_header + (ulong)(int)word) : null;
}
