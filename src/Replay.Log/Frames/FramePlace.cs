using Guest.Machine;

namespace Replay.Log.Frames;

/// <summary>Where a frame stands, as its header says: enough to begin reading with it.</summary>
/// <param name="Segment">The segment's number.</param>
/// <param name="Offset">Where the frame begins in it.</param>
/// <param name="Sequence">Its number.</param>
/// <param name="Previous">The hash of the frame before it.</param>
/// <param name="From">Where the frame before it ended.</param>
/// <param name="To">Every input up to here is in it or in one before it.</param>
internal readonly record struct FramePlace(int Segment, long Offset, ulong Sequence, Hash128 Previous, Position From, Position To);
