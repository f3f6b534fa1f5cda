using System.Numerics;
using System.Runtime.InteropServices;
using Guest.Machine;
using Replay.Engine.Observe;

namespace Analysis.Plugins.Caches;

/// <summary>Simulates three levels of caches and two of TLBs, for each vCPU its own, and says which code misses.</summary>
public sealed class Caches : IPlugin
{
    private const int PageBits = 12;
    private readonly List<CacheHierarchy> _hierarchies = [];
    private readonly Dictionary<(ulong Space, ulong Pc), (ulong L1, ulong L2, ulong L3)> _missesOfCode = [];
    private readonly Dictionary<string, (ulong L1, ulong L2, ulong L3)> _missesOfFunctions = [];
    private readonly MergedAccesses _merged;
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
        _merged = new MergedAccesses(Take, Take);
    }

    /// <inheritdoc/>
    public static string Name => "caches";

    /// <inheritdoc/>
    public void Subscribe(IInstrumentation on)
    {
        _merged.Subscribe(on);
        on.Ended(NameFunctions);
    }

    /// <inheritdoc/>
    public void Report(IReport report)
    {
        for (int vcpu = 0; vcpu < _hierarchies.Count; vcpu++)
        {
            for (int level = 0; level < CacheHierarchy.Names.Count; level++)
            {
                ReportLevel(report, vcpu, CacheHierarchy.Names[level], _hierarchies[vcpu].Counts[level]);
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

    private void Take(InstructionEvent fetched)
    {
        CacheHierarchy caches = Of(fetched.Vcpu);
        bool isUser = fetched.Ring == 3;
        ulong salt = Salt(fetched.Space, fetched.Pc);
        ulong last = fetched.Pc.Value + fetched.Length - 1;
        caches.Translate(salt ^ (fetched.Pc.Value >> PageBits), AccessKind.Fetch, isUser);
        for (ulong line = fetched.Pc.Value >> _lineBits; line <= last >> _lineBits; line++)
        {
            Note(fetched.Space, fetched.Pc, fetched.Ring, caches.Access((salt ^ line) & (ulong.MaxValue >> 1), AccessKind.Fetch, isUser));
        }
    }

    private void Take(AccessEvent accessed)
    {
        CacheHierarchy caches = Of(accessed.Vcpu);
        bool isUser = accessed.Ring == 3;
        AccessKind kind = accessed.IsWrite ? AccessKind.Write : AccessKind.Read;
        caches.Translate(Salt(accessed.Space, accessed.Linear) ^ (accessed.Linear.Value >> PageBits), kind, isUser);
        ulong last = accessed.Physical.Value + accessed.Size - 1;
        for (ulong line = accessed.Physical.Value >> _lineBits; line <= last >> _lineBits; line++)
        {
            Note(accessed.Space, accessed.Pc, accessed.Ring, caches.Access(line, kind, isUser));
        }
    }

    // Programs' addresses mean something else in each address space; the kernel's are the same in all.
    private static ulong Salt(GuestPhysical space, GuestVirtual address) => (long)address.Value < 0 ? 0 : (space.Value >> PageBits) << 40;

    private CacheHierarchy Of(int vcpu)
    {
        while (_hierarchies.Count <= vcpu)
        {
            _hierarchies.Add(new CacheHierarchy(_shapes, _policy));
        }

        return _hierarchies[vcpu];
    }

    private void Note(GuestPhysical space, GuestVirtual pc, int ring, int missed)
    {
        if (missed > 0)
        {
            ref (ulong L1, ulong L2, ulong L3) misses = ref CollectionsMarshal.GetValueRefOrAddDefault(_missesOfCode, (ring == 0 ? 0 : space.Value, pc.Value), out _);
            misses.L1++;
            misses.L2 += missed > 1 ? 1ul : 0;
            misses.L3 += missed > 2 ? 1ul : 0;
        }
    }

    private void NameFunctions(ObservedGuest guest)
    {
        foreach (((ulong space, ulong pc), (ulong l1, ulong l2, ulong l3)) in _missesOfCode)
        {
            string name = CodeNames.FunctionOf(guest, new GuestVirtual(pc));
            name = name.Length > 0 ? name : space == 0 ? "(kernel)" : "(program)";
            ref (ulong L1, ulong L2, ulong L3) misses = ref CollectionsMarshal.GetValueRefOrAddDefault(_missesOfFunctions, name, out _);
            misses = (misses.L1 + l1, misses.L2 + l2, misses.L3 + l3);
        }
    }
}
