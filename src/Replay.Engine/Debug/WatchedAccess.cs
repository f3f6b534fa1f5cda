using Guest.Machine;

namespace Replay.Engine.Debug;

/// <summary>An access to watched bytes.</summary>
/// <param name="Point">The watchpoint.</param>
/// <param name="Address">The access's first byte.</param>
/// <param name="Size">Its bytes, 1 to 8.</param>
/// <param name="IsWrite">Whether it was a store.</param>
/// <param name="Value">What was read or written.</param>
internal readonly record struct WatchedAccess(Watchpoint Point, GuestVirtual Address, int Size, bool IsWrite, ulong Value);
