using Guest.Machine;

namespace Replay.Log.Checkpoints;

/// <summary>Another checkpoint of the folder that a checkpoint rests on.</summary>
/// <param name="At">Its position, and so its file.</param>
/// <param name="Id">The beginning of its contents' hash: a file that was replaced is not taken for it.</param>
internal readonly record struct CheckpointReference(Position At, Hash128 Id);
