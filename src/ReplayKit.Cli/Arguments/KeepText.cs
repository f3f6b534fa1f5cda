using System.Globalization;
using Guest.Machine.Board;
using Vmm.Record;

namespace ReplayKit.Cli.Arguments;

/// <summary>The value of <c>--keep</c>: a time (<c>90s</c>, <c>10m</c>, <c>2h</c>) or a size (<c>200MB</c>, <c>2GB</c>).</summary>
internal static class KeepText
{
    private static readonly (string Unit, double Seconds)[] s_times = [("s", 1), ("m", 60), ("h", 3600)];
    private static readonly (string Unit, long Bytes)[] s_sizes = [("MB", 1_000_000), ("GB", 1_000_000_000), ("TB", 1_000_000_000_000)];

    /// <summary>Reads it.</summary>
    /// <param name="text">The text; null for none.</param>
    /// <param name="clock">What the guest's time follows.</param>
    /// <exception cref="Guest.Machine.ReplayKitException">RK0301: it has another form; RK0302: the clock is a virtual one.</exception>
    public static KeepLimit? Parse(string? text, ClockMode clock)
    {
        if (text is null)
        {
            return null;
        }

        if (clock == ClockMode.Virtual)
        {
            throw UsageError.Contradiction("--keep follows the host's time, and --clock virtual leaves the host out");
        }

        foreach ((string unit, double seconds) in s_times)
        {
            if (Number(text, unit) is { } time)
            {
                return new KeepLimit(TimeSpan.FromSeconds(time * seconds), null);
            }
        }

        foreach ((string unit, long bytes) in s_sizes)
        {
            if (Number(text, unit) is { } size)
            {
                return new KeepLimit(null, size * bytes);
            }
        }

        throw UsageError.Wrong($"--keep takes a time (90s, 10m, 2h) or a size (200MB, 2GB), and '{text}' is neither");
    }

    private static int? Number(string text, string unit) => text.EndsWith(unit, StringComparison.Ordinal)
        && int.TryParse(text[..^unit.Length], NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number > 0 ? number : null;
}
