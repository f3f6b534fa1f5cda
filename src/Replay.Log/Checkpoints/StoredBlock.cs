using Guest.Machine;

namespace Replay.Log.Checkpoints;

/// <summary>One block of pages that a checkpoint's file holds.</summary>
/// <param name="Offset">Where its header begins in the file.</param>
/// <param name="Length">Bytes of header and pages as stored.</param>
/// <param name="PageHashes">What each of its pages holds: the first 128 bits of the SHA-256 of its 4096 bytes.</param>
internal sealed record StoredBlock(long Offset, int Length, IReadOnlyList<Hash128> PageHashes);
