using Guest.Machine;

namespace Replay.Log.Checkpoints;

/// <summary>The rows of a disk in a checkpoint's file.</summary>
/// <param name="Slot">The disk's slot.</param>
/// <param name="Sum">The <see cref="DiskTable.Sum"/> of its table with these rows.</param>
/// <param name="Entries">Its blocks that changed, or all that were written where the table is whole; in ascending order.</param>
internal sealed record DiskRows(int Slot, Hash128 Sum, IReadOnlyList<PageEntry> Entries);
