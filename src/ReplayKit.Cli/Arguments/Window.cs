using Guest.Machine;

namespace ReplayKit.Cli.Arguments;

/// <summary>A part of a recording: from a position up to, and not including what is due at, another.</summary>
/// <param name="From">Where it begins.</param>
/// <param name="To">Where it ends.</param>
internal readonly record struct Window(Position From, Position To)
{
    /// <summary>The part that two texts name.</summary>
    /// <param name="from">The value of <c>--from</c>.</param>
    /// <param name="to">The value of <c>--to</c>.</param>
    /// <param name="recording">The places of the recording.</param>
    /// <exception cref="ReplayKitException">RK0305: no position; RK0306: outside the recording; RK0302: it ends before it begins.</exception>
    public static Window Of(string from, string to, RecordingPlaces recording)
    {
        Window window = new(PositionText.Parse(from).In(recording), PositionText.Parse(to).In(recording));
        return window.From.Retired <= window.To.Retired
            ? window
            : throw UsageError.Contradiction($"--from {from} ({window.From}) lies behind --to {to} ({window.To})");
    }
}
