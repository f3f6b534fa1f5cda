using System.Numerics;
using System.Runtime.InteropServices;
using Guest.Machine;
using Replay.Engine.Observe;

namespace Analysis.Plugins.Caches;

/// <summary>Simulates three levels of caches and two of TLBs, for each vCPU its own, and says which code misses.</summary>
public sealed class Caches : IPlugin
{
    private readonly List<CacheWalker> _walkers = [];
    private readonly Dictionary<(ulong Space, ulong Pc), (ulong L1, ulong L2, ulong L3)> _missesOfCode = [];
    private readonly Dictionary<string, (ulong L1, ulong L2, ulong L3)> _missesOfFunctions = [];
    private readonly CacheShape[] _shapes;
    private readonly ReplacementPolicy _policy;
    private readonly int _lineBits;

    /// <summary>Makes it.</summary>
    /// <param name="l1i">The first level for instructions: SIZE/WAYS.</param>
    /// <param name="l1d">The first level for data.</param>
    /// <param name="l2">The second level.</param>
    /// <param name="l3">The third level.</param>
    /// <param name="line">Bytes of a line: a power of two from 8 to 4096.</param>
    /// <param name="itlb">The first TLB for instructions: ENTRIES/WAYS.</param>
    /// <param name="dtlb">The first TLB for data.</param>
    /// <param name="stlb">The second TLB.</param>
    /// <param name="policy">Which line of a set gives way.</param>
    public Caches(
        string l1i = "32K/8", string l1d = "32K/8", string l2 = "512K/8", string l3 = "8M/16", int line = 64, string itlb = "64/4", string dtlb = "64/4", string stlb = "1536/12",
        ReplacementPolicy policy = ReplacementPolicy.Lru)
    {
        if (line is < 8 or > 4096 || !BitOperations.IsPow2(line))
        {
            throw new ArgumentException($"a line of {line} bytes is no power of two from 8 to 4096");
        }

        (_lineBits, _policy) = (BitOperations.Log2((uint)line), policy);
        _shapes =
        [
            CacheShape.OfBytes(l1i, line), CacheShape.OfBytes(l1d, line), CacheShape.OfBytes(l2, line), CacheShape.OfBytes(l3, line),
            CacheShape.OfEntries(itlb), CacheShape.OfEntries(dtlb), CacheShape.OfEntries(stlb),
        ];
    }

    /// <inheritdoc/>
    public static string Name => "caches";

    /// <inheritdoc/>
    public void Subscribe(IInstrumentation on)
    {
        on.Pieces((trace, words) => Of(trace.Cpu.Index).Take(trace, words), accesses: true, physical: true);
        on.Ended(NameFunctions);
    }

    /// <inheritdoc/>
    public void Report(IReport report)
    {
        for (int vcpu = 0; vcpu < _walkers.Count; vcpu++)
        {
            for (int level = 0; level < CacheHierarchy.Names.Count; level++)
            {
                ReportLevel(report, vcpu, CacheHierarchy.Names[level], _walkers[vcpu].Caches.Counts[level]);
            }
        }

        IReportTable functions = report.Table("functions");
        foreach ((string function, (ulong l1, ulong l2, ulong l3)) in _missesOfFunctions.OrderByDescending(each => each.Value.L1).ThenBy(each => each.Key, StringComparer.Ordinal))
        {
            functions.Row(("function", function), ("l1_misses", l1), ("l2_misses", l2), ("l3_misses", l3));
        }
    }

    private static void ReportLevel(IReport report, int vcpu, string name, LevelCounts counts)
    {
        foreach (AccessKind kind in Enum.GetValues<AccessKind>())
        {
            foreach (bool isUser in new[] { false, true })
            {
                if (counts.Accesses(kind, isUser) > 0)
                {
                    report.Row(
                        ("vcpu", vcpu), ("level", name), ("kind", kind.ToString().ToLowerInvariant()), ("of", isUser ? "user" : "kernel"),
                        ("accesses", counts.Accesses(kind, isUser)), ("misses", counts.Misses(kind, isUser)), ("evictions", 0ul), ("write_backs", 0ul));
                }
            }
        }

        report.Row(
            ("vcpu", vcpu), ("level", name), ("kind", "all"), ("of", "all"), ("accesses", Sum(counts.Accesses)), ("misses", Sum(counts.Misses)),
            ("evictions", counts.Evictions), ("write_backs", counts.WriteBacks));
    }

    private static ulong Sum(Func<AccessKind, bool, ulong> count) =>
        Enum.GetValues<AccessKind>().Aggregate(0ul, (sum, kind) => sum + count(kind, false) + count(kind, true));

    private CacheWalker Of(int vcpu)
    {
        while (_walkers.Count <= vcpu)
        {
            _walkers.Add(new CacheWalker(new CacheHierarchy(_shapes, _policy), _lineBits, _missesOfCode));
        }

        return _walkers[vcpu];
    }

    private void NameFunctions(ObservedGuest guest)
    {
        _walkers.ForEach(walker => walker.Settle());
        foreach (((ulong space, ulong pc), (ulong l1, ulong l2, ulong l3)) in _missesOfCode)
        {
            string name = CodeNames.FunctionOf(guest, new GuestVirtual(pc));
            name = name.Length > 0 ? name : space == 0 ? "(kernel)" : "(program)";
            ref (ulong L1, ulong L2, ulong L3) misses = ref CollectionsMarshal.GetValueRefOrAddDefault(_missesOfFunctions, name, out _);
            misses = (misses.L1 + l1, misses.L2 + l2, misses.L3 + l3);
        }
    }
}
