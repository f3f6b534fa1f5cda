using System.Collections.Immutable;
using Guest.Machine.X86;

namespace Replay.Engine.Debug;

/// <summary>What a replay that runs on stops for.</summary>
public sealed record Conditions
{
    /// <summary>Nothing.</summary>
    public static Conditions None { get; } = new();

    /// <summary>Linear addresses of instructions, ascending.</summary>
    public ImmutableArray<ulong> Breakpoints { get; init; } = [];

    /// <summary>Watched bytes.</summary>
    public ImmutableArray<Watchpoint> Watchpoints { get; init; } = [];

    /// <summary>Whether a stop counts where the vCPU stands now; null where every one does.</summary>
    public Func<Vcpu, bool>? Applies { get; init; }
}
