namespace Guest.Machine.Board;

/// <summary>Choices of the engine that the guest can never see; tests vary them.</summary>
public sealed record EngineOptions
{
    /// <summary>What everybody uses.</summary>
    public static EngineOptions Default { get; } = new();

    /// <summary>Entries of each software TLB table, a power of two.</summary>
    public int TlbEntries { get; init; } = 256;

    /// <summary>Most instructions of a predecoded block.</summary>
    public int MaxBlock { get; init; } = 64;

    /// <summary>
    /// 0, or the seed of pseudo-random places at which the engine stops for nothing and drops its translations or its predecoded blocks:
    /// a test's way to show that neither is visible.
    /// </summary>
    public ulong ChaosSeed { get; init; }
}
