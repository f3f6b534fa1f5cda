using Guest.Machine;

namespace Replay.Log.Checkpoints;

/// <summary>One row of a <see cref="PageTable"/>.</summary>
/// <param name="Page">The RAM page.</param>
/// <param name="Location">Where its content is stored.</param>
/// <param name="Hash">Its part of the hash of all RAM; 0 for zeros.</param>
internal readonly record struct PageEntry(int Page, PageLocation Location, Hash128 Hash);
