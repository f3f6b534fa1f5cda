using System.Globalization;

namespace Replay.Log.Tests.Support;

/// <summary>Rounds with random input, each with a seed of its own. <c>REPLAYKIT_MUTATIONS=1000000</c> is the long form, <c>REPLAYKIT_FUZZ_SEED</c> the first round's seed.</summary>
internal static class Fuzz
{
    // With fewer nothing is said by how many were refused.
    private const int Enough = 200;

    /// <summary>Runs them; a failure names the seed of its round. Some input must be refused.</summary>
    /// <param name="rounds">How many, where the environment does not say.</param>
    /// <param name="isRefused">One round: whether what it made was refused.</param>
    public static void Run(int rounds, Func<Random, bool> isRefused)
    {
        rounds = Number("REPLAYKIT_MUTATIONS") ?? rounds;
        int seed = Number("REPLAYKIT_FUZZ_SEED") ?? Environment.TickCount & 0x3FFF_FFFF;
        int refused = 0;
        for (int round = 0; round < rounds; round++)
        {
            try
            {
                refused += isRefused(new Random(seed + round)) ? 1 : 0;
            }
            catch (Exception error)
            {
                throw new InvalidOperationException($"REPLAYKIT_MUTATIONS=1 REPLAYKIT_FUZZ_SEED={seed + round} repeats it: {error.Message}", error);
            }
        }

        Assert.True(refused > 0 || rounds < Enough, $"of {rounds} inputs from REPLAYKIT_FUZZ_SEED={seed} on none was refused");
    }

    private static int? Number(string variable) => int.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : null;
}
