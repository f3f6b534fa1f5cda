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
    private readonly LevelCounts[] _counts = [.. shapes.Select(_ => new LevelCounts())];

    /// <summary>The names of the levels, in the order of <see cref="Counts"/>.</summary>
    public static IReadOnlyList<string> Names { get; } = ["l1i", "l1d", "l2", "l3", "itlb", "dtlb", "stlb"];

    /// <summary>What happened at each level.</summary>
    public IReadOnlyList<LevelCounts> Counts => _counts;

    /// <summary>Accesses a line of memory.</summary>
    /// <param name="line">The line's number.</param>
    /// <param name="kind">What for.</param>
    /// <param name="isUser">By a program.</param>
    /// <returns>How many levels missed: 0 to 3.</returns>
    public int Access(ulong line, AccessKind kind, bool isUser)
    {
        _counts[FirstOf(kind)].Add(kind, isUser, 1);
        return LookLine(line, kind, isUser);
    }

    /// <summary>Translates a page.</summary>
    /// <param name="page">The page's number.</param>
    /// <param name="kind">What for.</param>
    /// <param name="isUser">By a program.</param>
    /// <returns>How many levels missed: 0 to 2.</returns>
    public int Translate(ulong page, AccessKind kind, bool isUser)
    {
        _counts[FirstTlb + FirstOf(kind)].Add(kind, isUser, 1);
        return LookPage(page, kind, isUser);
    }

    /// <summary>Counts instructions, and fetches of them from a line each, which are looked for by <see cref="LookPage"/> and <see cref="LookLine"/> where they may not be there.</summary>
    internal void CountFetches(bool isUser, ulong instructions, ulong lines)
    {
        _counts[FirstTlb].Add(AccessKind.Fetch, isUser, instructions);
        _counts[0].Add(AccessKind.Fetch, isUser, lines);
    }

    /// <summary>The same for accesses to data of a line each.</summary>
    internal void CountData(AccessKind kind, bool isUser, ulong times)
    {
        _counts[FirstTlb + FirstData].Add(kind, isUser, times);
        _counts[FirstData].Add(kind, isUser, times);
    }

    /// <summary>One of them goes on in another line.</summary>
    internal void CountLine(AccessKind kind, bool isUser) => _counts[FirstData].Add(kind, isUser, 1);

    /// <summary>As <see cref="Access"/>, for one that is counted already.</summary>
    internal int LookLine(ulong line, AccessKind kind, bool isUser)
    {
        int first = FirstOf(kind);
        return _stores[first].TryFirst(line, kind == AccessKind.Write) ? 0 : AccessFurther(first, line, kind, isUser);
    }

    /// <summary>As <see cref="Translate"/>, for one that is counted already.</summary>
    internal int LookPage(ulong page, AccessKind kind, bool isUser)
    {
        int first = FirstTlb + FirstOf(kind);
        if (_stores[first].TryFirst(page, isWrite: false) || Look(first, page, kind, isUser))
        {
            return 0;
        }

        _counts[SecondTlb].Add(kind, isUser, 1);
        return Look(SecondTlb, page, kind, isUser) ? 1 : 2;
    }

    private static int FirstOf(AccessKind kind) => kind == AccessKind.Fetch ? 0 : FirstData;

    private int AccessFurther(int level, ulong line, AccessKind kind, bool isUser)
    {
        for (int missed = 0; ; missed++)
        {
            // Only the first level is written by the access itself; the others by what comes back from above.
            bool isHit = _stores[level].Access(line, kind == AccessKind.Write && missed == 0, out ulong? evicted, out bool wasDirty);
            if (evicted is { } gone)
            {
                Evict(level, gone, wasDirty);
            }

            if (isHit)
            {
                return missed;
            }

            _counts[level].Miss(kind, isUser);
            if (level == Third)
            {
                return missed + 1;
            }

            level = Math.Max(level + 1, Second);
            _counts[level].Add(kind, isUser, 1);
        }
    }

    private bool Look(int store, ulong page, AccessKind kind, bool isUser)
    {
        bool isHit = _stores[store].Access(page, isWrite: false, out ulong? evicted, out _);
        _counts[store].Evictions += evicted is null ? 0ul : 1;
        if (!isHit)
        {
            _counts[store].Miss(kind, isUser);
        }

        return isHit;
    }

    private void Evict(int level, ulong line, bool wasDirty)
    {
        _counts[level].Evictions++;
        if (!wasDirty)
        {
            return;
        }

        _counts[level].WriteBacks++;
        for (int next = Math.Max(level + 1, Second); next <= Third && !_stores[next].TakeBack(line); next++)
        {
        }
    }
}
