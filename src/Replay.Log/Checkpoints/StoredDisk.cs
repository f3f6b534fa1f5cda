using Guest.Machine;

namespace Replay.Log.Checkpoints;

/// <summary>The blocks of a disk that were written up to a checkpoint, read one by one as they are wanted, and checked. For one thread.</summary>
public sealed class StoredDisk
{
    private readonly DiskTable _table;
    private readonly StoredPages _stored;
    private readonly int _slot;

    internal StoredDisk(CheckpointFolder folder, DiskTable table, int slot)
    {
        _table = table;
        _slot = slot;
        _stored = new StoredPages(folder);
    }

    /// <summary>Their numbers, in no order.</summary>
    public IReadOnlyCollection<int> Blocks => _table.Blocks;

    /// <summary>Reads one of them.</summary>
    /// <param name="block">Its number.</param>
    /// <param name="content">Filled whole; the size of a block.</param>
    /// <exception cref="Guest.Machine.ReplayKitException">It is damaged (RK0101), or cannot be read (RK0105).</exception>
    public void Read(int block, Span<byte> content)
    {
        if (!_table.TryFind(block, out PageEntry row) || row.Location.IsZero)
        {
            content.Clear();
            return;
        }

        _stored.Read(row.Location).CopyTo(content);
        if (HashOf(content) != row.Hash)
        {
            throw _stored.Damage(row.Location, $"block {block} of the disk in slot {_slot}");
        }
    }

    /// <summary>What tells content apart: the first 128 bits of its SHA-256.</summary>
    internal static Hash128 HashOf(ReadOnlySpan<byte> content) => Hash128.OfSha256(content);
}
