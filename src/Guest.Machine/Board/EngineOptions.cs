namespace Guest.Machine.Board;

/// <summary>Choices of the engine that the guest can never see; tests vary them.</summary>
public sealed record EngineOptions
{
    /// <summary>What everybody uses.</summary>
    public static EngineOptions Default { get; } = new();

    /// <summary>The engine.</summary>
    public EngineKind Kind { get; init; } = EngineKind.Translator;

    /// <summary>Bytes of the translator's code memory; when it is full, every block goes. At least 1 MiB, below 2 GiB.</summary>
    public int CodeBytes { get; init; } = 128 << 20;

    /// <summary>Entries of each software TLB table, a power of two.</summary>
    public int TlbEntries { get; init; } = 16384;

    /// <summary>Most instructions of a block, 1 to 256.</summary>
    public int MaxBlock { get; init; } = 64;

    /// <summary>
    /// 0, or the seed of pseudo-random places at which the engine stops for nothing and drops its translations or its predecoded blocks:
    /// a test's way to show that neither is visible. Where vCPUs run at once, their threads stop at such places.
    /// </summary>
    public ulong ChaosSeed { get; init; }

    /// <summary>Whether vCPUs run at once, each on a host thread of its own (<see cref="X86.IVcpuGate"/>); a replay runs one after the other.</summary>
    public bool AtOnce { get; init; }

    /// <summary>Where the translator notes what it does; null for a place of its own.</summary>
    public X86.Translate.TranslatorStatistics? Statistics { get; init; }
}
