using System.Text.RegularExpressions;

namespace ReplayKit.Tests.BareMetal;

/// <summary>What one run of the bare-metal suite printed.</summary>
/// <param name="Checks">Verdict (PASS, FAIL or SKIP) of each check by its name.</param>
/// <param name="Lines">The whole text, line by line.</param>
internal sealed partial record BareMetalReport(IReadOnlyDictionary<string, string> Checks, IReadOnlyList<string> Lines)
{
    /// <summary>Whether the last line gives the numbers of checks, which must be those of the lines before.</summary>
    public bool IsComplete => Lines[^1] == $"DONE {Count("PASS")} {Count("FAIL")} {Count("SKIP")}";

    /// <summary>The names of checks that did not pass, in the order of the run.</summary>
    public IEnumerable<string> NotPassed => Checks.Where(check => check.Value != "PASS").Select(check => check.Key);

    /// <summary>Reads the text of a run.</summary>
    /// <exception cref="InvalidDataException">A name comes twice, or a line has none or cites nothing.</exception>
    public static BareMetalReport Read(string text)
    {
        string[] lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var checks = new OrderedDictionary<string, string>(StringComparer.Ordinal);
        foreach (string line in lines.Where(line => !line.StartsWith("DONE ", StringComparison.Ordinal)))
        {
            Match match = Check().Match(line);
            if (!match.Success || !checks.TryAdd(match.Groups["name"].Value, match.Groups["verdict"].Value))
            {
                throw new InvalidDataException($"not a check with a name of its own and a citation: {line}");
            }
        }

        return new BareMetalReport(checks, lines);
    }

    /// <summary>How many checks have a verdict.</summary>
    public int Count(string verdict) => Checks.Values.Count(value => value == verdict);

    /// <summary>The lines of checks with a verdict.</summary>
    public IEnumerable<string> With(string verdict) => Lines.Where(line => line.StartsWith(verdict + " ", StringComparison.Ordinal));

    [GeneratedRegex(@"^(?<verdict>PASS|FAIL|SKIP) (?<name>\S+) \(SDM [^)]*[0-9][^)]*\)")]
    private static partial Regex Check();
}
