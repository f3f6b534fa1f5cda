using System.Diagnostics;
using System.Globalization;

namespace Guest.Machine.Hardware.Sequences;

/// <summary>Runs many sequences and prints those on which the engines differ.</summary>
public static class SequenceCampaign
{
    private const int Enough = 10;

    /// <summary>Runs them.</summary>
    /// <returns>Sequences on which the engines differ.</returns>
    public static long Run(Options options, TextWriter output)
    {
        using var comparison = new SequenceComparison();
        long started = Stopwatch.GetTimestamp();
        long differing = 0;
        long end = options.Instance + options.Sequences;
        for (long number = options.Instance + options.Shard; number < end && differing < Enough; number += options.Shards)
        {
            if (comparison.Run(options.Seed, number) is { } difference)
            {
                differing++;
                output.WriteLine(difference);
            }
        }

        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{options.Sequences:n0} sequences of seed {options.Seed}: {comparison.Compared:n0} states compared after {comparison.Retired:n0} instructions, {comparison.Interpreted:n0} of them given to the interpreter, {Stopwatch.GetElapsedTime(started).TotalSeconds:n0} s; {differing} sequences differ"));
        return differing;
    }
}
