using Guest.Machine;

namespace Replay.Engine.Segments;

/// <summary>A piece of a recording that is replayed by itself: from a checkpoint, or the beginning, to the next piece's.</summary>
/// <param name="Number">Its place among the pieces, from 0.</param>
/// <param name="Count">How many pieces there are.</param>
/// <param name="From">Where it begins.</param>
/// <param name="To">Where it ends, with nothing that is due there applied; the last one ends with the recording.</param>
public readonly record struct ReplaySegment(int Number, int Count, Position From, Position To)
{
    /// <summary>Whether it ends with the recording.</summary>
    public bool IsLast => Number == Count - 1;

    /// <summary>Instructions in it.</summary>
    public ulong Instructions => To.Retired - From.Retired;

    /// <inheritdoc/>
    public override string ToString() => $"segment {Number + 1} of {Count}, {From} to {To}";
}
