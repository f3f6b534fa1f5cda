using System.Buffers.Binary;
using System.Security.Cryptography;
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
    private readonly MachineMoment _moment;
    private readonly PageHash _hash;

    internal CheckpointJob(CheckpointSeries series, CheckpointFolder folder, MachineMoment moment, MemorySnapshot snapshot, int[] pages, PageHash hash)
    {
        _hash = hash;
        _moment = moment;
        _series = series;
        _folder = folder;
        _snapshot = snapshot;
        _pages = pages;
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
        List<PageEntry> changes = StoreChanges(file, last);
        PageTable table = last.Table.Copy();
        table.Apply(changes);
        bool isWhole = last.File < 0 || last.Depth == CheckpointFormat.LongestChain;
        int depth = isWhole ? 0 : last.Depth + 1;
        file.Finish(Describe(file.Blocks, isWhole ? table.Entries() : changes, isWhole ? -1 : last.File, depth, table.Sum), _folder.Pages, At, _folder.Recording);

        int number = _folder.NumberOf(At);
        Bytes = _folder.FileNumbered(number).Header.FileLength;
        table.Apply(changes.Where(entry => entry.Location.File == CheckpointFileWriter.Own)
            .Select(entry => entry with { Location = entry.Location with { File = number } }));
        last.Contents.Add(number, file.Blocks);
        _series.Last = last with { Table = table, File = number, Depth = depth };
    }

    // The pages that really changed; content that is stored nowhere yet goes into the file.
    private List<PageEntry> StoreChanges(CheckpointFileWriter file, SeriesState last)
    {
        List<PageEntry> changes = [];
        Dictionary<UInt128, PageLocation> own = [];
        byte[] content = new byte[GuestMemory.PageBytes];
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        foreach (int page in _pages)
        {
            _snapshot.Read(page, content);
            UInt128 hash = _hash.Of(page, content);
            if (hash == last.Table.Hashes[page])
            {
                continue;
            }

            PageLocation location = default;
            if (hash != 0)
            {
                SHA256.HashData(content, digest);
                UInt128 contentHash = BinaryPrimitives.ReadUInt128LittleEndian(digest);
                if (!own.TryGetValue(contentHash, out location) && !last.Contents.TryFind(contentHash, out location))
                {
                    location = file.Add(content, contentHash);
                    own.Add(contentHash, location);
                }
            }

            changes.Add(new PageEntry(page, location, hash));
        }

        file.EndBlock();
        return changes;
    }

    // Inside a file, it is file 0 itself and those it rests on are numbered from 1.
    private CheckpointContents Describe(IReadOnlyList<StoredBlock> blocks, List<PageEntry> entries, int toBase, int depth, UInt128 memory)
    {
        List<int> restsOn = [.. entries.Where(entry => !entry.Location.IsZero && entry.Location.File != CheckpointFileWriter.Own)
            .Select(entry => entry.Location.File).Concat(toBase < 0 ? [] : [toBase]).Distinct().Order()];
        Dictionary<int, int> places = restsOn.Select((file, index) => (file, index)).ToDictionary(pair => pair.file, pair => pair.index + 1);
        places.Add(CheckpointFileWriter.Own, 0);
        return new CheckpointContents
        {
            State = _moment.State,
            Hash = new StateHash([.. _moment.Parts.Select(part => part.Kind == StatePartKind.Memory ? part with { Hash = memory } : part)]),
            Vendor = Encoding.ASCII.GetBytes(_moment.Vendor),
            RestsOn = [.. restsOn.Select(_folder.ReferenceTo)],
            Base = toBase < 0 ? 0 : places[toBase],
            Depth = depth,
            Blocks = blocks,
            Entries = [.. entries.Select(entry => entry.Location.IsZero ? entry : entry with { Location = entry.Location with { File = places[entry.Location.File] } })],
        };
    }
}
