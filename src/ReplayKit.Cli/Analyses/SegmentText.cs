using System.Globalization;

namespace ReplayKit.Cli.Analyses;

/// <summary>Which of several pieces a text names.</summary>
internal static class SegmentText
{
    private const int Most = 65_536;

    /// <summary>Reads <c>K/N</c>, K from 1.</summary>
    /// <returns>The piece's number from 0, and how many there are; the only one where there is no text.</returns>
    public static (int Number, int Count) Parse(string? text)
    {
        if (text is null)
        {
            return (0, 1);
        }

        string[] parts = text.Split('/');
        return parts.Length == 2 && IsNumber(parts[0], out int number) && IsNumber(parts[1], out int count) && number <= count
            ? (number - 1, count)
            : throw UsageError.Wrong($"'{text}' is no segment; write K/N, such as 1/8 for the first of eight");
    }

    private static bool IsNumber(string text, out int number) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number is >= 1 and <= Most;
}
