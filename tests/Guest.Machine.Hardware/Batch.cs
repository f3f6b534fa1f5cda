using Guest.Machine.Hardware.Compare;
using Guest.Machine.Hardware.Generate;
using Iced.Intel;

namespace Guest.Machine.Hardware;

/// <summary>Runs cases of one instruction after the other and counts what agrees.</summary>
/// <param name="comparer">The two CPUs.</param>
/// <param name="fsBase">The base of FS that cases see.</param>
/// <param name="states">How many states each encoding is run with.</param>
/// <param name="outcomes">Counts cases per outcome's vector: <see cref="Outcome.None"/> at index 1.</param>
/// <param name="mode">The mode of the cases.</param>
public sealed class Batch(Comparer comparer, ulong fsBase, int states, long[] outcomes, CpuMode mode)
{
    private readonly InstanceGenerator instances = new(mode);
    private readonly StateGenerator stateGenerator = new(fsBase);
    private readonly Case current = new();

    /// <summary>Runs cases of one instruction.</summary>
    /// <param name="code">The instruction.</param>
    /// <param name="seed">The seed of everything random.</param>
    /// <param name="first">The first encoding's number.</param>
    /// <param name="cases">How many cases to run.</param>
    /// <param name="enough">After how many mismatches to give up.</param>
    /// <param name="report">Receives each mismatch, as a function that makes its text.</param>
    public Tally Run(Code code, ulong seed, long first, long cases, int enough, Action<Func<string>> report)
    {
        var tally = new Tally();
        int barren = 0;
        for (long instance = first; tally.Cases < cases && barren < 50 && tally.Mismatches < enough; instance++)
        {
            var rng = Rng.For(seed, (ulong)code, (ulong)instance, 0);
            long before = tally.Cases;
            if (instances.Next(ref rng, code, current.Instance))
            {
                RunStates(ref rng, seed, instance, (int)Math.Min(states, cases - tally.Cases), tally, report);
            }

            barren = tally.Cases == before ? barren + 1 : 0;
        }

        return tally;
    }

    private void RunStates(ref Rng rng, ulong seed, long instance, int count, Tally tally, Action<Func<string>> report)
    {
        comparer.Load(current);
        tally.Instances++;
        int refused = 0;
        for (int state = 0; state < count && refused < 16 + (4 * state); state++)
        {
            if (!stateGenerator.Next(ref rng, current, state == 0))
            {
                refused++;
                state--;
                continue;
            }

            tally.Cases++;
            bool same = comparer.Run(current, tally);
            outcomes[comparer.ExpectedOutcome.Vector + 2]++;
            if (!same)
            {
                tally.Mismatches++;
                tally.Unusable += comparer.ActualOutcome.Vector == Outcome.Unusable ? 1 : 0;
                int number = state;
                report(() => FailurePrinter.Print(current, comparer, seed, instance, number));
            }
        }
    }
}
