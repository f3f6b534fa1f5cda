using System.Text;
using Guest.Machine;
using Guest.Machine.Memory;
using Replay.Log.Records;

namespace Replay.Log.Checkpoints;

/// <summary>A checkpoint that was begun and has to be written.</summary>
public sealed class CheckpointJob
{
    private readonly CheckpointSeries _series;
    private readonly CheckpointFolder _folder;
    private readonly MemorySnapshot _snapshot;
    private readonly int[] _pages;
    private readonly IReadOnlyList<DiskChanges> _disks;
    private readonly MachineMoment _moment;
    private readonly PageHash _hash;

    internal CheckpointJob(CheckpointSeries series, CheckpointFolder folder, MachineMoment moment, MemorySnapshot snapshot, int[] pages, IReadOnlyList<DiskChanges> disks, PageHash hash)
    {
        _hash = hash;
        _moment = moment;
        _series = series;
        _folder = folder;
        _snapshot = snapshot;
        _pages = pages;
        _disks = disks;
    }

    /// <summary>The position.</summary>
    public Position At => _moment.At;

    /// <summary>Pages copied because the machine wrote them before they were read.</summary>
    public int Copied => _snapshot.Copied;

    /// <summary>Bytes of the file, once it is written.</summary>
    public long Bytes { get; private set; }

    /// <summary>Whether it is whole and under its name.</summary>
    public bool IsWritten { get; private set; }

    /// <summary>Whether it was written or has failed.</summary>
    internal bool HasEnded => _snapshot.IsDone;

    /// <summary>Writes it; returns when it is on the storage under its name. One job of a series at a time, on any thread.</summary>
    /// <exception cref="ReplayKitException">It cannot be written (RK0109, RK0110); the checkpoints before it stand, and the next holds everything again.</exception>
    public void Write()
    {
        try
        {
            WriteFile();
            IsWritten = true;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw LogErrors.CannotWrite(_folder.FileOf(At), error);
        }
        finally
        {
            _snapshot.Dispose();
        }
    }

    private void WriteFile()
    {
        SeriesState last = _series.Last;
        using CheckpointFileWriter file = new(_folder.FileOf(At));
        Dictionary<Hash128, PageLocation> own = [];
        List<PageEntry> changes = StoreChanges(file, last, own);
        Dictionary<int, List<PageEntry>> disks = _disks.ToDictionary(disk => disk.Slot, disk => StoreChanges(file, last, own, disk));
        file.EndBlock();
        PageTable table = last.Table.Copy();
        table.Apply(changes);
        Dictionary<int, DiskTable> tables = Applied(last.Disks, disks);
        bool isWhole = last.File < 0 || last.Depth == CheckpointFormat.LongestChain;
        int depth = isWhole ? 0 : last.Depth + 1;
        List<DiskRows> rows = [.. tables.OrderBy(disk => disk.Key).Select(disk => new DiskRows(disk.Key, disk.Value.Sum, isWhole ? disk.Value.Entries() : disks.GetValueOrDefault(disk.Key, [])))];
        file.Finish(Describe(file.Blocks, isWhole ? table.Entries() : changes, rows, isWhole ? -1 : last.File, depth, table.Sum), _folder.Spaces, At, _folder.Recording);

        int number = _folder.NumberOf(At);
        Bytes = _folder.FileNumbered(number).Header.FileLength;
        table.Apply(Numbered(changes, number));
        foreach ((int slot, List<PageEntry> entries) in disks)
        {
            tables[slot].Apply(Numbered(entries, number));
        }

        last.Contents.Add(number, file.Blocks);
        _series.Last = last with { Table = table, Disks = tables, File = number, Depth = depth };
    }

    // What is in the file itself gets the file's number.
    private static IEnumerable<PageEntry> Numbered(IEnumerable<PageEntry> entries, int number) => entries
        .Where(entry => entry.Location.File == CheckpointFileWriter.Own)
        .Select(entry => entry with { Location = entry.Location with { File = number } });

    private static Dictionary<int, DiskTable> Applied(IReadOnlyDictionary<int, DiskTable> last, Dictionary<int, List<PageEntry>> changes)
    {
        Dictionary<int, DiskTable> tables = last.ToDictionary(disk => disk.Key, disk => disk.Value.Copy());
        foreach ((int slot, List<PageEntry> entries) in changes)
        {
            tables.TryAdd(slot, new DiskTable());
            tables[slot].Apply(entries);
        }

        return tables;
    }

    // The pages that really changed; content that is stored nowhere yet goes into the file.
    private List<PageEntry> StoreChanges(CheckpointFileWriter file, SeriesState last, Dictionary<Hash128, PageLocation> own)
    {
        List<PageEntry> changes = [];
        byte[] content = new byte[GuestMemory.PageBytes];
        foreach (int page in _pages)
        {
            _snapshot.Read(page, content);
            Hash128 hash = _hash.Of(page, content);
            if (hash == last.Table.Hashes[page])
            {
                continue;
            }

            changes.Add(new PageEntry(page, hash == 0 ? default : Store(file, last, own, content, StoredDisk.HashOf(content)), hash));
        }

        return changes;
    }

    // The same of a disk's blocks.
    private static List<PageEntry> StoreChanges(CheckpointFileWriter file, SeriesState last, Dictionary<Hash128, PageLocation> own, DiskChanges disk)
    {
        List<PageEntry> changes = [];
        DiskTable? table = last.Disks.GetValueOrDefault(disk.Slot);
        for (int i = 0; i < disk.Count; i++)
        {
            ReadOnlySpan<byte> content = disk.Content(i);
            Hash128 hash = content.ContainsAnyExcept((byte)0) ? StoredDisk.HashOf(content) : 0;
            if (table is null || !table.TryFind(disk.Block(i), out PageEntry row) || row.Hash != hash)
            {
                changes.Add(new PageEntry(disk.Block(i), hash == 0 ? default : Store(file, last, own, content, hash), hash));
            }
        }

        return changes;
    }

    private static PageLocation Store(CheckpointFileWriter file, SeriesState last, Dictionary<Hash128, PageLocation> own, ReadOnlySpan<byte> content, Hash128 hash)
    {
        if (!own.TryGetValue(hash, out PageLocation location) && !last.Contents.TryFind(hash, out location))
        {
            location = file.Add(content, hash);
            own.Add(hash, location);
        }

        return location;
    }

    // Inside a file, it is file 0 itself and those it rests on are numbered from 1.
    private CheckpointContents Describe(IReadOnlyList<StoredBlock> blocks, List<PageEntry> entries, List<DiskRows> disks, int toBase, int depth, Hash128 memory)
    {
        List<int> restsOn = [.. disks.SelectMany(disk => disk.Entries).Concat(entries).Where(entry => !entry.Location.IsZero && entry.Location.File != CheckpointFileWriter.Own)
            .Select(entry => entry.Location.File).Concat(toBase < 0 ? [] : [toBase]).Distinct().Order()];
        Dictionary<int, int> places = restsOn.Select((file, index) => (file, index)).ToDictionary(pair => pair.file, pair => pair.index + 1);
        places.Add(CheckpointFileWriter.Own, 0);
        PageEntry Placed(PageEntry entry) => entry.Location.IsZero ? entry : entry with { Location = entry.Location with { File = places[entry.Location.File] } };
        return new CheckpointContents
        {
            State = _moment.State,
            Hash = new StateHash([.. _moment.Parts.Select(part => part.Kind == StatePartKind.Memory ? part with { Hash = memory } : part)]),
            Vendor = Encoding.ASCII.GetBytes(_moment.Vendor),
            RestsOn = [.. restsOn.Select(_folder.ReferenceTo)],
            Base = toBase < 0 ? 0 : places[toBase],
            Depth = depth,
            Blocks = blocks,
            Entries = [.. entries.Select(Placed)],
            Disks = [.. disks.Where(disk => disk.Entries.Count > 0).Select(disk => disk with { Entries = [.. disk.Entries.Select(Placed)] })],
        };
    }
}
