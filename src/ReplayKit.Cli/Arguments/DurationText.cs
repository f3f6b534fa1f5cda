using System.Globalization;

namespace ReplayKit.Cli.Arguments;

/// <summary>A time as a user types it.</summary>
internal static class DurationText
{
    private static readonly (string Unit, double Seconds)[] s_units = [("ms", 0.001), ("s", 1), ("m", 60), ("h", 3600)];

    /// <summary>Reads a number with <c>ms</c>, <c>s</c>, <c>m</c> or <c>h</c>; above 0, up to a year.</summary>
    public static bool TryParse(string text, out TimeSpan time)
    {
        time = default;
        foreach ((string unit, double seconds) in s_units)
        {
            if (text.EndsWith(unit, StringComparison.Ordinal)
                && double.TryParse(text.AsSpan(0, text.Length - unit.Length), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number))
            {
                double total = number * seconds;
                time = total is >= 0.001 and <= 366 * 86400.0 ? TimeSpan.FromSeconds(total) : default;
                return time > default(TimeSpan);
            }
        }

        return false;
    }
}
