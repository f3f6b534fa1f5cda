using System.Globalization;
using Replay.Engine;

namespace ReplayKit.Cli.Arguments;

/// <summary>The distance between checkpoints as a user types it.</summary>
internal static class SpacingText
{
    /// <summary>Reads a time (<c>500ms</c>, <c>1.5s</c>, <c>2m</c>) or a number of instructions.</summary>
    /// <exception cref="Guest.Machine.ReplayKitException">RK0330: it is neither.</exception>
    public static CheckpointSpacing Parse(string text)
    {
        if (ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong instructions) && instructions > 0)
        {
            return new CheckpointSpacing(Instructions: instructions);
        }

        return new CheckpointSpacing(DurationText.TryParse(text, out TimeSpan time) ? time : throw UsageError.NotASpacing(text));
    }
}
