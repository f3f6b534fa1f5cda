namespace Analysis.Plugins.Caches;

/// <summary>What happened at one level: by kind of access and privilege.</summary>
public sealed class LevelCounts
{
    private const int Kinds = 3;
    private readonly ulong[] _accesses = new ulong[2 * Kinds];
    private readonly ulong[] _misses = new ulong[2 * Kinds];

    /// <summary>Lines that were replaced.</summary>
    public ulong Evictions { get; internal set; }

    /// <summary>Replaced lines that had been written.</summary>
    public ulong WriteBacks { get; internal set; }

    /// <summary>Accesses of a kind, of the kernel or of programs.</summary>
    public ulong Accesses(AccessKind kind, bool isUser) => _accesses[Slot(kind, isUser)];

    /// <summary>Those that missed.</summary>
    public ulong Misses(AccessKind kind, bool isUser) => _misses[Slot(kind, isUser)];

    internal void Add(AccessKind kind, bool isUser, ulong times) => _accesses[Slot(kind, isUser)] += times;

    internal void Miss(AccessKind kind, bool isUser) => _misses[Slot(kind, isUser)]++;

    private static int Slot(AccessKind kind, bool isUser) => (int)kind + (isUser ? Kinds : 0);
}
