using Analysis.Plugins.Caches;

namespace Analysis.Plugins.Branches;

/// <summary>The predictors of one vCPU.</summary>
/// <param name="bits">Bits of the tables' index.</param>
/// <param name="targets">The branch target buffer's shape.</param>
/// <param name="depth">Entries of the return stack.</param>
internal sealed class BranchPredictors(int bits, CacheShape targets, int depth)
{
    /// <summary>Those of the direction, which all see the same jumps.</summary>
    internal IReadOnlyList<IDirectionPredictor> Directions { get; } = [new Bimodal(bits), new Gshare(bits), new Tage()];

    /// <summary>That of the target.</summary>
    internal TargetBuffer Targets { get; } = new(targets);

    /// <summary>That of returns.</summary>
    internal ReturnStack Returns { get; } = new(depth);
}
