using System.Text;
using Guest.Machine;
using Guest.Machine.Board;
using Guest.Machine.Memory;
using Guest.Machine.State;
using Replay.Log.Records;

namespace Replay.Log.Checkpoints;

/// <summary>A machine's complete state at a position of a recording, on disk; nothing that is due there has been applied.</summary>
/// <remarks>What it says is read and checked; the content of memory is read page by page, when the restored machine first accesses it.</remarks>
public sealed class Checkpoint
{
    private readonly CheckpointFolder _folder;
    private readonly CheckpointFile _file;

    internal Checkpoint(CheckpointFolder folder, CheckpointFile file, PageTable table, IReadOnlyDictionary<int, DiskTable> disks)
    {
        _folder = folder;
        _file = file;
        Table = table;
        Disks = disks;
        if (!Hash.Parts.Any(part => part.Kind == StatePartKind.Memory && part.Hash == table.Sum))
        {
            throw Damage("the hash of its memory is not that of its pages");
        }
    }

    /// <summary>The position.</summary>
    public Position At => _file.Header.At;

    /// <summary>The state hash there.</summary>
    public StateHash Hash => _file.Contents.Hash;

    /// <summary>The host's vendor that the log has noted up to there; empty for none.</summary>
    public string Vendor => Encoding.ASCII.GetString(_file.Contents.Vendor);

    /// <summary>Bytes of its file.</summary>
    public long Bytes => _file.Header.FileLength;

    /// <summary>Pages whose content is in its own file; the others are in those it rests on.</summary>
    public int OwnPages => _file.Contents.Blocks.Sum(block => block.PageHashes.Count);

    /// <summary>Pages that are not all zeros.</summary>
    public int UsedPages => Table.Hashes.Count(hash => hash != 0);

    /// <summary>What every page holds.</summary>
    internal PageTable Table { get; }

    /// <summary>[slot] what the written blocks of disks hold; none of a disk that was not written.</summary>
    internal IReadOnlyDictionary<int, DiskTable> Disks { get; }

    /// <summary>The blocks of its own file.</summary>
    internal IReadOnlyList<StoredBlock> Blocks => _file.Contents.Blocks;

    /// <summary>How many tables have to be read before its own.</summary>
    internal int Depth => _file.Contents.Depth;

    /// <summary>Puts a machine of the same description into this state. Milliseconds; the content of memory comes later, where it is accessed.</summary>
    /// <exception cref="ReplayKitException">
    /// The state is damaged (RK0101, RK0280); the machine can no longer be used. Damage of a page is found, and thrown, when the machine accesses it.
    /// </exception>
    public void RestoreTo(VirtualMachine machine)
    {
        PageFetcher pages = new(_folder, Table, machine.PageHash);
        machine.Restore(new StateReader(_file.Contents.State), new MemoryImage(Table.Hashes, Table.Sum, pages.Fetch));
        if (machine.Position != At || Hash.DifferingParts(new StateHash([.. machine.HashState()])).Length > 0)
        {
            throw Damage("the state of registers and devices is not the one of its hash");
        }
    }

    /// <summary>What was written to a disk up to here; null where nothing was.</summary>
    /// <param name="slot">The disk's slot.</param>
    public StoredDisk? Disk(int slot) => Disks.TryGetValue(slot, out DiskTable? table) ? new StoredDisk(_folder, table, slot) : null;

    private ReplayKitException Damage(string what) => _file.Damage(_file.Header.ContentsOffset, what);
}
