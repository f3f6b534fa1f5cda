using Guest.Machine;
using Replay.Log.Records;

namespace Replay.Log.Checkpoints;

/// <summary>What a checkpoint says beside the pages themselves: registers and devices, hashes, and the rows of its page table.</summary>
/// <remarks>In the rows, file 0 is the checkpoint's own and file n the n-th it rests on.</remarks>
internal sealed record CheckpointContents
{
    private const int MemorySpace = 0;
    private const int SmallestSpaceBytes = 3;
    private const ulong ZeroPage = 0;
    private const int SmallestEntryBytes = 2;

    /// <summary>What <see cref="Guest.Machine.Board.VirtualMachine.Save"/> wrote.</summary>
    public required byte[] State { get; init; }

    /// <summary>The state hash there.</summary>
    public required StateHash Hash { get; init; }

    /// <summary>The vendor that the log has noted up to there, in ASCII; empty for none (<see cref="HostVendor"/>).</summary>
    public required byte[] Vendor { get; init; }

    /// <summary>The checkpoints that it rests on.</summary>
    public required IReadOnlyList<CheckpointReference> RestsOn { get; init; }

    /// <summary>The one whose table <see cref="Entries"/> changes: its place in <see cref="RestsOn"/> from 1; 0 where the table is whole.</summary>
    public required int Base { get; init; }

    /// <summary>How many tables have to be read before this one.</summary>
    public required int Depth { get; init; }

    /// <summary>The blocks in this file.</summary>
    public required IReadOnlyList<StoredBlock> Blocks { get; init; }

    /// <summary>The rows that differ from the base's table, or all that are not zero; in ascending order of pages.</summary>
    public required IReadOnlyList<PageEntry> Entries { get; init; }

    /// <summary>The rows of disks, in ascending order of slots; none of a disk that has no rows.</summary>
    public required IReadOnlyList<DiskRows> Disks { get; init; }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <param name="bytes">The contents, unpacked.</param>
    /// <param name="spaces">What of the machine consists of pages.</param>
    /// <exception cref="RecordFormatException">The bytes are no such contents.</exception>
    public static CheckpointContents Read(ReadOnlySpan<byte> bytes, CheckpointSpaces spaces)
    {
        RecordCursor cursor = new(bytes, 0);
        byte[] state = cursor.Bytes().ToArray();
        StateHash hash = StateHash.Read(ref cursor, new RecordPlace(1));
        byte[] vendor = cursor.Bytes().ToArray();
        CheckpointReference[] restsOn = ReadReferences(ref cursor);
        int toBase = cursor.BoundedVarint(restsOn.Length, "the number of the base");
        int depth = cursor.BoundedVarint(CheckpointFormat.LongestChain, "the number of tables below");
        List<StoredBlock> blocks = ReadBlocks(ref cursor);
        int more = ReadSpaces(ref cursor);
        List<PageEntry> entries = ReadTable(ref cursor, spaces.Pages, restsOn.Length);
        List<DiskRows> disks = ReadDisks(ref cursor, spaces, more, restsOn.Length);
        if (cursor.Remaining != 0 || (depth == 0) != (toBase == 0))
        {
            throw new RecordFormatException("the contents of a checkpoint contradict each other");
        }

        return new CheckpointContents
        {
            State = state, Hash = hash, Vendor = vendor, RestsOn = restsOn, Base = toBase, Depth = depth, Blocks = blocks, Entries = entries, Disks = disks,
        };
    }

    /// <summary>Writes everything.</summary>
    /// <param name="buffer">Where to.</param>
    /// <param name="spaces">What of the machine consists of pages.</param>
    public void Write(RecordBuffer buffer, CheckpointSpaces spaces)
    {
        buffer.Bytes(State);
        Hash.Write(buffer, new RecordPlace(1));
        buffer.Bytes(Vendor);
        buffer.Varint((ulong)RestsOn.Count);
        foreach (CheckpointReference reference in RestsOn)
        {
            buffer.Varint((ulong)reference.At.Vcpu);
            buffer.Varint(reference.At.Retired);
            buffer.Hash(reference.Id);
        }

        buffer.Varint((ulong)Base);
        buffer.Varint((ulong)Depth);
        WriteBlocks(buffer);
        buffer.Varint(1 + (ulong)Disks.Count);
        buffer.Varint(MemorySpace);
        buffer.Varint((ulong)spaces.Pages);
        WriteEntries(buffer, Entries);
        foreach (DiskRows disk in Disks)
        {
            buffer.Varint((ulong)disk.Slot);
            buffer.Varint((ulong)spaces.Disks[disk.Slot]);
            WriteEntries(buffer, disk.Entries);
            buffer.Hash(disk.Sum);
        }
    }

    private static CheckpointReference[] ReadReferences(ref RecordCursor cursor)
    {
        var references = new CheckpointReference[cursor.BoundedVarint(cursor.Remaining / 18, "the number of checkpoints it rests on")];
        for (int i = 0; i < references.Length; i++)
        {
            int vcpu = cursor.BoundedVarint(LogFormat.MaxVcpus - 1, "the number of a vCPU");
            references[i] = new CheckpointReference(new Position(vcpu, cursor.Varint()), cursor.Hash());
        }

        return references;
    }

    private static List<StoredBlock> ReadBlocks(ref RecordCursor cursor)
    {
        int count = cursor.BoundedVarint(cursor.Remaining / 18, "the number of blocks");
        List<StoredBlock> blocks = new(count);
        long offset = CheckpointHeader.Length;
        for (int i = 0; i < count; i++)
        {
            int length = cursor.BoundedVarint(CheckpointFormat.BlockBytes + BlockHeader.Length, "the length of a block");
            var hashes = new Hash128[cursor.BoundedVarint(CheckpointFormat.PagesPerBlock, "the number of pages of a block")];
            for (int slot = 0; slot < hashes.Length; slot++)
            {
                hashes[slot] = cursor.Hash();
            }

            blocks.Add(new StoredBlock(offset, length, hashes));
            offset += length;
        }

        return blocks;
    }

    // How many there are beside RAM, which is the first.
    private static int ReadSpaces(ref RecordCursor cursor)
    {
        int spaces = cursor.BoundedVarint(cursor.Remaining / SmallestSpaceBytes, "the number of spaces");
        return spaces > 0 && cursor.Varint() == MemorySpace ? spaces - 1 : throw new RecordFormatException("a checkpoint without RAM", isUnknown: true);
    }

    private static List<DiskRows> ReadDisks(ref RecordCursor cursor, CheckpointSpaces spaces, int count, int files)
    {
        List<DiskRows> disks = [];
        for (; count > 0; count--)
        {
            int slot = cursor.Slot();
            if (!spaces.Disks.TryGetValue(slot, out int blocks) || (disks.Count > 0 && disks[^1].Slot >= slot))
            {
                throw new RecordFormatException($"the checkpoint has rows of a disk in slot {slot}, where the machine has none that it writes");
            }

            List<PageEntry> rows = ReadTable(ref cursor, blocks, files);
            disks.Add(new DiskRows(slot, cursor.Hash(), rows));
        }

        return disks;
    }

    private static List<PageEntry> ReadTable(ref RecordCursor cursor, int pages, int files)
    {
        if (cursor.Varint() != (ulong)pages)
        {
            throw new RecordFormatException($"the machine's RAM or disk has {pages} pages and the checkpoint another number");
        }

        int count = cursor.BoundedVarint(Math.Min(pages, cursor.Remaining / SmallestEntryBytes), "the number of pages in the table");
        List<PageEntry> entries = new(count);
        int page = -1;
        long offset = 0;
        for (int i = 0; i < count; i++)
        {
            page += page < pages - 1
                ? 1 + cursor.BoundedVarint(pages - page - 2, "the number of a page")
                : throw new RecordFormatException("more pages than the machine has");
            entries.Add(ReadEntry(ref cursor, page, files, ref offset));
        }

        return entries;
    }

    private static PageEntry ReadEntry(ref RecordCursor cursor, int page, int files, ref long offset)
    {
        int file = cursor.BoundedVarint(files + 1, "the number of a file");
        if (file == (int)ZeroPage)
        {
            return new PageEntry(page, default, 0);
        }

        offset = unchecked(offset + cursor.SignedVarint());
        if (offset < CheckpointHeader.Length)
        {
            throw new RecordFormatException($"a block at offset {offset}");
        }

        int slot = cursor.BoundedVarint(CheckpointFormat.PagesPerBlock - 1, "the place of a page in its block");
        Hash128 hash = cursor.Hash();
        return hash != 0 ? new PageEntry(page, new PageLocation(file - 1, offset, slot), hash) : throw new RecordFormatException("a page without a hash");
    }

    private void WriteBlocks(RecordBuffer buffer)
    {
        buffer.Varint((ulong)Blocks.Count);
        foreach (StoredBlock block in Blocks)
        {
            buffer.Varint((ulong)block.Length);
            buffer.Varint((ulong)block.PageHashes.Count);
            foreach (Hash128 hash in block.PageHashes)
            {
                buffer.Hash(hash);
            }
        }
    }

    private static void WriteEntries(RecordBuffer buffer, IReadOnlyList<PageEntry> entries)
    {
        buffer.Varint((ulong)entries.Count);
        int page = -1;
        long offset = 0;
        foreach (PageEntry entry in entries)
        {
            buffer.Varint((ulong)(entry.Page - page - 1));
            page = entry.Page;
            if (entry.Location.IsZero)
            {
                buffer.Varint(ZeroPage);
                continue;
            }

            buffer.Varint((ulong)entry.Location.File + 1);
            buffer.SignedVarint(entry.Location.Offset - offset);
            offset = entry.Location.Offset;
            buffer.Varint((ulong)entry.Location.Slot);
            buffer.Hash(entry.Hash);
        }
    }
}
