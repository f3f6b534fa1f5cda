namespace Analysis.Plugins.Branches;

/// <summary>A small TAGE: tables by histories of geometric lengths, of which the longest that knows the jump decides (A. Seznec, P. Michaud, 2006).</summary>
/// <remarks>Four tables of 1024 entries with tags of 9 bits and histories of 5, 13, 31 and 64 jumps over a bimodal table of 4096.</remarks>
public sealed class Tage : IDirectionPredictor
{
    private const int IndexBits = 10;
    private const int TagBits = 9;
    private const int AgeAfter = 1 << 18;
    private static readonly int[] s_lengths = [5, 13, 31, 64];
    private readonly Bimodal _base = new(12);
    private readonly TageEntry[][] _tables = [.. s_lengths.Select(_ => new TageEntry[1 << IndexBits])];
    private ulong _history;
    private int _untilAging = AgeAfter;

    /// <inheritdoc/>
    public string Name => "tage";

    /// <inheritdoc/>
    public bool Predict(ulong pc, bool taken)
    {
        (int provider, int alternative) = Find(pc);
        bool other = Look(alternative, pc);
        bool predicted = Look(provider, pc);
        Learn(provider, pc, taken);
        if (provider >= 0 && predicted != other)
        {
            ref byte useful = ref Entry(provider, pc).Useful;
            useful = (byte)(predicted == taken ? Math.Min(useful + 1, 3) : Math.Max(useful - 1, 0));
        }

        if (predicted != taken)
        {
            Allocate(provider + 1, pc, taken);
        }

        Age();
        _history = (_history << 1) | (taken ? 1ul : 0);
        return predicted;
    }

    // The two tables with the longest histories that know the jump; -1 is the one without history.
    private (int Provider, int Alternative) Find(ulong pc)
    {
        int provider = -1;
        int alternative = -1;
        for (int table = 0; table < _tables.Length; table++)
        {
            if (Entry(table, pc) is { Tag: var tag } && tag == Tag(table, pc))
            {
                (alternative, provider) = (provider, table);
            }
        }

        return (provider, alternative);
    }

    private bool Look(int table, ulong pc) => table < 0 ? _base.Look(pc) : Entry(table, pc).Counter >= 0;

    private void Learn(int table, ulong pc, bool taken)
    {
        if (table < 0)
        {
            _base.Learn(pc, taken);
            return;
        }

        ref sbyte counter = ref Entry(table, pc).Counter;
        counter = (sbyte)(taken ? Math.Min(counter + 1, 3) : Math.Max(counter - 1, -4));
    }

    private void Allocate(int first, ulong pc, bool taken)
    {
        for (int table = first; table < _tables.Length; table++)
        {
            ref TageEntry entry = ref Entry(table, pc);
            if (entry.Useful == 0)
            {
                entry = new TageEntry { Tag = Tag(table, pc), Counter = (sbyte)(taken ? 0 : -1) };
                return;
            }
        }

        for (int table = first; table < _tables.Length; table++)
        {
            Entry(table, pc).Useful--;
        }
    }

    private void Age()
    {
        if (--_untilAging > 0)
        {
            return;
        }

        _untilAging = AgeAfter;
        foreach (TageEntry[] table in _tables)
        {
            foreach (ref TageEntry entry in table.AsSpan())
            {
                entry.Useful >>= 1;
            }
        }
    }

    private ref TageEntry Entry(int table, ulong pc) => ref _tables[table][(pc ^ (pc >> IndexBits) ^ Folded(table, IndexBits)) & ((1 << IndexBits) - 1)];

    // A tag is never 0, which is that of an entry that was never used.
    private ushort Tag(int table, ulong pc) => (ushort)(1 + ((pc ^ Folded(table, TagBits) ^ (Folded(table, TagBits - 1) << 1)) % ((1 << TagBits) - 1)));

    private ulong Folded(int table, int bits)
    {
        ulong history = s_lengths[table] == 64 ? _history : _history & ((1ul << s_lengths[table]) - 1);
        ulong folded = 0;
        for (; history != 0; history >>= bits)
        {
            folded ^= history & ((1ul << bits) - 1);
        }

        return folded;
    }
}
