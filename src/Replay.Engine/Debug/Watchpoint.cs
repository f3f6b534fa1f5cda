using Guest.Machine;

namespace Replay.Engine.Debug;

/// <summary>Bytes of linear memory whose accesses stop a replay.</summary>
/// <param name="Address">The first.</param>
/// <param name="Length">How many, at least 1.</param>
/// <param name="Kind">Which accesses.</param>
public readonly record struct Watchpoint(GuestVirtual Address, ulong Length, WatchKind Kind)
{
    /// <summary>Whether an access is one that it is about.</summary>
    public bool Covers(ulong address, int size, bool write) =>
        address - Address.Value < Length || Address.Value - address < (ulong)size
            ? Kind == WatchKind.Access || (Kind == WatchKind.Write) == write
            : false;
}
