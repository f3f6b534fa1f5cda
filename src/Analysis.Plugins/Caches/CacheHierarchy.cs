namespace Analysis.Plugins.Caches;

/// <summary>Three levels of caches, the first one split, and two levels of TLBs, the first one split.</summary>
/// <remarks>
/// An access that misses a level goes on to the next one and is brought into all that it missed (neither inclusive nor exclusive). Writes allocate, and a written line goes
/// to the next level when it is replaced; where that one has lost it, it goes on to the one after.
/// </remarks>
/// <param name="shapes">Of L1I, L1D, L2, L3, the instruction TLB, the data TLB and the second TLB.</param>
/// <param name="policy">Which line is replaced.</param>
public sealed class CacheHierarchy(CacheShape[] shapes, ReplacementPolicy policy)
{
    private const int FirstData = 1;
    private const int Second = 2;
    private const int Third = 3;
    private const int FirstTlb = 4;
    private const int SecondTlb = 6;
    private readonly SetAssociative[] _stores = [.. shapes.Select(shape => new SetAssociative(shape, policy))];

    /// <summary>The names of the levels, in the order of <see cref="Counts"/>.</summary>
    public static IReadOnlyList<string> Names { get; } = ["l1i", "l1d", "l2", "l3", "itlb", "dtlb", "stlb"];

    /// <summary>What happened at each level.</summary>
    public IReadOnlyList<LevelCounts> Counts { get; } = [.. shapes.Select(_ => new LevelCounts())];

    /// <summary>Accesses a line of memory.</summary>
    /// <returns>How many levels missed: 0 to 3.</returns>
    public int Access(ulong line, AccessKind kind, bool isUser)
    {
        int level = kind == AccessKind.Fetch ? 0 : FirstData;
        for (int missed = 0; ; missed++)
        {
            // Only the first level is written by the access itself; the others by what comes back from above.
            bool isHit = _stores[level].Access(line, kind == AccessKind.Write && missed == 0, out ulong? evicted, out bool wasDirty);
            Counts[level].Add(kind, isUser, isHit);
            if (evicted is { } gone)
            {
                Evict(level, gone, wasDirty);
            }

            if (isHit || level == Third)
            {
                return isHit ? missed : missed + 1;
            }

            level = Math.Max(level + 1, Second);
        }
    }

    /// <summary>Translates a page.</summary>
    /// <returns>How many levels missed: 0 to 2.</returns>
    public int Translate(ulong page, AccessKind kind, bool isUser)
    {
        int first = kind == AccessKind.Fetch ? FirstTlb : FirstTlb + 1;
        return Look(first, page, kind, isUser) ? 0 : Look(SecondTlb, page, kind, isUser) ? 1 : 2;
    }

    private bool Look(int store, ulong page, AccessKind kind, bool isUser)
    {
        bool isHit = _stores[store].Access(page, isWrite: false, out ulong? evicted, out _);
        Counts[store].Add(kind, isUser, isHit);
        Counts[store].Evictions += evicted is null ? 0ul : 1;
        return isHit;
    }

    private void Evict(int level, ulong line, bool wasDirty)
    {
        Counts[level].Evictions++;
        if (!wasDirty)
        {
            return;
        }

        Counts[level].WriteBacks++;
        for (int next = Math.Max(level + 1, Second); next <= Third && !_stores[next].TakeBack(line); next++)
        {
        }
    }
}
