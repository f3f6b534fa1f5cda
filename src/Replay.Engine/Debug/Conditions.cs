using System.Collections.Immutable;
using Guest.Machine.Board;
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

    /// <summary>The same for another machine that replays the same recording; null where that cannot be told, and only one machine may look.</summary>
    public Func<VirtualMachine, Func<Vcpu, bool>>? AppliesIn { get; init; }

    /// <summary>Whether other machines can look for them.</summary>
    internal bool AreForAll => Applies is null || AppliesIn is not null;

    /// <summary>These for another machine.</summary>
    internal Conditions In(VirtualMachine machine) => Applies is null ? this : this with { Applies = AppliesIn!(machine) };
}
