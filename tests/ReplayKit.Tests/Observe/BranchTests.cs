using Analysis.Plugins.Branches;
using Analysis.Plugins.Caches;

namespace ReplayKit.Tests.Observe;

/// <summary>The branch predictors on jumps of which it is known what they can foresee, and against models as simple as can be.</summary>
public sealed class BranchTests
{
    [Fact]
    public void A_loop_of_four_is_foreseen_by_history_and_misses_once_a_round_without()
    {
        // The first jump of all is new to it.
        Assert.Equal(1001, Wrong(new Bimodal(12), 1000, i => i % 4 != 3));
        Assert.InRange(Wrong(new Gshare(12), 1000, i => i % 4 != 3), 0, 30);
        Assert.InRange(Wrong(new Tage(), 1000, i => i % 4 != 3), 0, 60);
    }

    [Fact]
    public void A_pattern_of_forty_needs_the_long_history_of_TAGE()
    {
        bool Taken(int i) => i % 40 != 39;
        int gshare = Wrong(new Gshare(12), 4000, Taken);
        int tage = Wrong(new Tage(), 4000, Taken);
        Assert.InRange(gshare, 380, 450);
        Assert.InRange(tage, 0, 100);
    }

    [Fact]
    public void Bimodal_and_gshare_do_what_a_dictionary_of_counters_does()
    {
        Bimodal bimodal = new(6);
        Gshare gshare = new(6);
        Dictionary<ulong, int> byAddress = [];
        Dictionary<ulong, int> byHistory = [];
        ulong history = 0;
        ulong state = 88172645463325252;
        for (int i = 0; i < 100_000; i++)
        {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            ulong pc = 0x1000 + (state % 100);
            bool taken = (state >> 32) % 10 < pc % 10;
            Assert.Equal(Count(byAddress, pc % 64, taken), bimodal.Predict(pc, taken));
            Assert.Equal(Count(byHistory, (pc ^ history) % 64, taken), gshare.Predict(pc, taken));
            history = ((history * 2) + (taken ? 1ul : 0)) % 64;
        }
    }

    [Fact]
    public void A_return_stack_forgets_the_oldest_call_when_it_is_full()
    {
        ReturnStack stack = new(4);
        for (ulong call = 1; call <= 5; call++)
        {
            stack.Push(call);
        }

        Assert.Equal([true, true, true, true, false], new ulong[] { 5, 4, 3, 2, 1 }.Select(stack.Pop));
    }

    [Fact]
    public void A_target_buffer_knows_the_last_target_until_the_set_is_full()
    {
        TargetBuffer targets = new(CacheShape.OfEntries("4/2"));
        Assert.False(targets.Predict(0x10, 1));
        Assert.True(targets.Predict(0x10, 1));
        Assert.False(targets.Predict(0x10, 2));
        Assert.True(targets.Predict(0x10, 2));
        Assert.False(targets.Predict(0x20, 3));
        Assert.False(targets.Predict(0x30, 4));
        Assert.False(targets.Predict(0x10, 2));
    }

    private static int Wrong(IDirectionPredictor predictor, int rounds, Func<int, bool> taken) =>
        Enumerable.Range(0, rounds * 4).Count(i => predictor.Predict(0x401000, taken(i)) != taken(i));

    private static bool Count(Dictionary<ulong, int> counters, ulong key, bool taken)
    {
        int counter = counters.GetValueOrDefault(key, 1);
        counters[key] = taken ? Math.Min(counter + 1, 3) : Math.Max(counter - 1, 0);
        return counter >= 2;
    }
}
