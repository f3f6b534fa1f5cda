using Guest.Machine;

namespace Replay.Log.Frames;

/// <summary>The frames of one segment, as their headers say.</summary>
/// <param name="Frames">In their order.</param>
/// <param name="Damage">What is wrong behind the last of them; null where the segment ends.</param>
internal sealed record SegmentFrames(IReadOnlyList<FramePlace> Frames, ReplayKitException? Damage);
