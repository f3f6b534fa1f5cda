using Analysis.Plugins.Caches;
using Guest.Machine;
using Guest.Machine.Board;
using Guest.Machine.X86;
using Replay.Engine.Observe;
using AccessKind = Analysis.Plugins.Caches.AccessKind;

namespace ReplayKit.Tests.Observe;

/// <summary>The simulated caches against a model that is as simple as can be, on the same accesses.</summary>
public sealed class CacheTests
{
    private static readonly string[] s_shapes = ["4K/2", "4K/4", "16K/8", "64K/16", "8/2", "16/4", "64/8"];

    private static readonly string[] s_small = ["4K/2", "4K/2", "32K/4", "256K/8", "16/4", "16/4", "64/4"];

    public static TheoryData<ReplacementPolicy> Policies => [ReplacementPolicy.Lru, ReplacementPolicy.Fifo];

    [Theory]
    [MemberData(nameof(Policies))]
    public void Each_level_hits_and_writes_back_as_a_list_of_lines_does(ReplacementPolicy policy)
    {
        CacheHierarchy caches = new([.. s_shapes.Select((shape, i) => i < 4 ? CacheShape.OfBytes(shape, 64) : CacheShape.OfEntries(shape))], policy);
        SimpleCache[] model = [new(32, 2, policy), new(16, 4, policy), new(32, 8, policy), new(64, 16, policy)];
        SimpleCache[] buffers = [new(4, 2, policy), new(4, 4, policy), new(8, 8, policy)];
        int[] deepest = new int[4];
        foreach ((ulong address, AccessKind kind) in Accesses(200_000))
        {
            int missed = caches.Access(address >> 6, kind, isUser: true);
            deepest[missed]++;
            Assert.Equal(AccessModel(model, address >> 6, kind), missed);
            Assert.Equal(TranslateModel(buffers, address >> 12, kind), caches.Translate(address >> 12, kind, isUser: true));
        }

        Assert.All(deepest, count => Assert.True(count > 1000, "a level was hardly asked for"));
        for (int level = 0; level < 4; level++)
        {
            Assert.Equal(model[level].WriteBacks, caches.Counts[level].WriteBacks);
            Assert.Equal(model[level].Evictions, caches.Counts[level].Evictions);
        }
    }

    [Fact]
    public void The_plugin_counts_what_events_led_one_by_one_through_the_same_caches_do()
    {
        const ulong Length = 1_000_000;
        Caches plugin = new(s_small[0], s_small[1], s_small[2], s_small[3], 64, s_small[4], s_small[5], s_small[6]);
        OneByOne events = new();
        PluginRun[] runs = [new PluginRun<OneByOne>(events, (first, next) => first.Append(next)), new PluginRun<Caches>(plugin, null)];
        using VirtualMachine machine = BootedGuest.Copy(new EngineOptions());
        using Observation observation = new(machine, runs);
        Assert.Equal(RunStop.Reached, machine.RunTo(new Position(0, BootedGuest.From + Length)));
        observation.Complete();
        Assert.All(runs, run => Assert.Null(run.Slot.Failure));
        CapturedRows rows = new();
        plugin.Report(rows);
        CacheHierarchy expected = new([.. s_small.Select((shape, i) => i < 4 ? CacheShape.OfBytes(shape, 64) : CacheShape.OfEntries(shape))], ReplacementPolicy.Lru);
        events.Walk(expected);
        for (int level = 0; level < CacheHierarchy.Names.Count; level++)
        {
            LevelCounts counts = expected.Counts[level];
            Dictionary<string, string>[] mine = [.. rows.All.Where(row => row["level"] == CacheHierarchy.Names[level])];
            foreach (Dictionary<string, string> row in mine.Where(row => row["kind"] != "all"))
            {
                AccessKind kind = Enum.Parse<AccessKind>(row["kind"], ignoreCase: true);
                Assert.Equal($"{row["level"]} {kind} {row["of"]}: {counts.Accesses(kind, row["of"] == "user")} {counts.Misses(kind, row["of"] == "user")}", $"{row["level"]} {kind} {row["of"]}: {row["accesses"]} {row["misses"]}");
            }

            Assert.Equal($"{counts.Evictions} {counts.WriteBacks}", string.Join(' ', mine.Where(row => row["kind"] == "all").Select(row => $"{row["evictions"]} {row["write_backs"]}")));
            Assert.True(counts.Misses(AccessKind.Read, isUser: false) + counts.Misses(AccessKind.Fetch, isUser: false) > 500, $"level {level} hardly missed");
        }
    }

    [Theory]
    [InlineData("32K/7")]
    [InlineData("32K")]
    [InlineData("K/8")]
    [InlineData("48K/8")]
    [InlineData("32k/8")]
    public void A_shape_that_makes_no_power_of_two_of_sets_is_refused(string shape) => Assert.Throws<ArgumentException>(() => CacheShape.OfBytes(shape, 64));

    // Code, a stream, a hot region and a large random one, from a generator of numbers that is always the same.
    private static IEnumerable<(ulong Address, AccessKind Kind)> Accesses(int count)
    {
        ulong state = 88172645463325252;
        for (int i = 0; i < count; i++)
        {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            yield return (state % 5) switch
            {
                0 => (0x10_0000 + ((ulong)i * 4 % 6000), AccessKind.Fetch),
                1 => (0x20_0000 + ((ulong)i * 8 % 300_000), AccessKind.Read),
                2 => (0x60_0000 + ((state >> 20) % 4096), AccessKind.Write),
                3 => (0x80_0000 + ((state >> 20) % 40_000), AccessKind.Read),
                _ => (0x100_0000 + ((state >> 20) % 1_000_000), (state & 64) != 0 ? AccessKind.Write : AccessKind.Read),
            };
        }
    }

    private static int AccessModel(SimpleCache[] levels, ulong line, AccessKind kind)
    {
        SimpleCache[] path = kind == AccessKind.Fetch ? [levels[0], levels[2], levels[3]] : [levels[1], levels[2], levels[3]];
        for (int level = 0; level < path.Length; level++)
        {
            bool hit = path[level].Access(line, kind == AccessKind.Write && level == 0, out ulong? written);
            for (int below = level + 1; written is { } back && below < path.Length && !path[below].Mark(back); below++)
            {
            }

            if (hit)
            {
                return level;
            }
        }

        return path.Length;
    }

    private static int TranslateModel(SimpleCache[] buffers, ulong page, AccessKind kind) =>
        buffers[kind == AccessKind.Fetch ? 0 : 1].Access(page, false, out _) ? 0 : buffers[2].Access(page, false, out _) ? 1 : 2;

    private sealed class SimpleCache(int sets, int ways, ReplacementPolicy policy)
    {
        private readonly List<ulong>[] _sets = [.. Enumerable.Range(0, sets).Select(_ => new List<ulong>())];
        private readonly HashSet<ulong> _dirty = [];

        public ulong WriteBacks { get; private set; }

        public ulong Evictions { get; private set; }

        public bool Access(ulong line, bool isWrite, out ulong? written)
        {
            List<ulong> set = _sets[line % (ulong)sets];
            written = null;
            bool hit = set.Contains(line);
            if (hit && policy == ReplacementPolicy.Lru)
            {
                set.Remove(line);
                set.Add(line);
            }
            else if (!hit)
            {
                if (set.Count == ways)
                {
                    Evictions++;
                    if (_dirty.Remove(set[0]))
                    {
                        WriteBacks++;
                        written = set[0];
                    }

                    set.RemoveAt(0);
                }

                set.Add(line);
            }

            if (isWrite)
            {
                _dirty.Add(line);
            }

            return hit;
        }

        public bool Mark(ulong line) => _sets[line % (ulong)sets].Contains(line) && (_dirty.Add(line) || true);
    }
}
