using Guest.Machine;

namespace Replay.Log.Checkpoints;

/// <summary>What the blocks of a disk hold that were written up to a position; the others hold what its image does.</summary>
/// <remarks>In the rows, a hash is the first 128 bits of the SHA-256 of the content; a block of zeros is a row too.</remarks>
internal sealed class DiskTable
{
    private readonly Dictionary<int, PageEntry> _rows;

    /// <summary>The table of a disk that was not written.</summary>
    public DiskTable() => _rows = [];

    private DiskTable(DiskTable other) => _rows = new(other._rows);

    /// <summary>The numbers of the blocks that were written, in no order.</summary>
    public IReadOnlyCollection<int> Blocks => _rows.Keys;

    /// <summary>A sum over the rows, to be compared with what the writer of a checkpoint had: of (hash + 1) × (2 × block + 1), modulo 2^128.</summary>
    public Hash128 Sum
    {
        get
        {
            Hash128 sum = 0;
            foreach (PageEntry row in _rows.Values)
            {
                sum = sum + ((row.Hash + 1) * ((2 * (ulong)row.Page) + 1));
            }

            return sum;
        }
    }

    /// <summary>A table that changes by itself.</summary>
    public DiskTable Copy() => new(this);

    /// <summary>What a block holds.</summary>
    /// <returns>False where it was not written.</returns>
    public bool TryFind(int block, out PageEntry row) => _rows.TryGetValue(block, out row);

    /// <summary>Enters what changed.</summary>
    public void Apply(IEnumerable<PageEntry> rows)
    {
        foreach (PageEntry row in rows)
        {
            _rows[row.Page] = row;
        }
    }

    /// <summary>All rows in ascending order of blocks.</summary>
    public List<PageEntry> Entries() => [.. _rows.Values.OrderBy(row => row.Page)];
}
