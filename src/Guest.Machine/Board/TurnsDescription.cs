namespace Guest.Machine.Board;

/// <summary>How the vCPUs of a machine take turns on one host thread (docs/multicore.md).</summary>
/// <param name="Quantum">The most instructions of a turn, 1 to <see cref="LongestQuantum"/>.</param>
/// <param name="Seed">0: every turn may be that long; otherwise the seed of pseudo-random lengths up to that, which provoke races.</param>
public sealed record TurnsDescription(ulong Quantum, ulong Seed)
{
    /// <summary>The longest turn that a machine may ask for.</summary>
    public const ulong LongestQuantum = 1UL << 32;

    /// <summary>What machines have where nobody chooses.</summary>
    public static TurnsDescription Default { get; } = new(50_000, 0);

    /// <summary>Turns that never end by themselves: those of vCPUs that run at once are in the log.</summary>
    internal static TurnsDescription Logged { get; } = new(ulong.MaxValue, 0);

    /// <summary>What machines have whose turns are to vary: the same lengths again for the same seed.</summary>
    /// <param name="seed">Not 0.</param>
    public static TurnsDescription Chaos(ulong seed) => new(100_000, seed);

    /// <summary>Whether a machine can have such turns.</summary>
    public bool IsPossible => Quantum is > 0 and <= LongestQuantum;
}
