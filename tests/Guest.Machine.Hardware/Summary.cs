using System.Globalization;

namespace Guest.Machine.Hardware;

/// <summary>The result of a campaign in a few lines.</summary>
public static class Summary
{
    /// <summary>Prints it.</summary>
    /// <returns>True where nothing differs that is not a known failure, and no known failure agrees by now.</returns>
    public static bool Print(Campaign campaign, TextWriter output)
    {
        IReadOnlySet<string> known = KnownFailures.Read();
        long cases = campaign.Tallies.Values.Sum(tally => tally.Cases);
        long fewest = campaign.Tallies.Values.Min(tally => tally.Cases);
        string[] failing = [.. campaign.Tallies.Where(pair => pair.Value.Mismatches != 0).Select(pair => pair.Key)];
        string[] missing = [.. failing.Where(name => campaign.Tallies[name] is var tally && tally.Unusable == tally.Mismatches)];
        if (missing.Length != 0)
        {
            output.WriteLine($"no answer: {string.Join(' ', missing)}");
        }

        foreach (string name in failing.Except(missing))
        {
            Tally tally = campaign.Tallies[name];
            output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"differs: {name} in {tally.Mismatches} of {tally.Cases} cases{(known.Contains(name) ? " (known)" : "")}"));
        }

        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{campaign.Tallies.Count} instructions, {cases:n0} cases (at least {fewest:n0} each), {failing.Length} instructions differ"));
        long translated = campaign.Tallies.Values.Sum(tally => tally.Translated);
        if (translated != 0)
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"emitted code executed {translated:n0} cases of {campaign.Tallies.Values.Count(tally => tally.Translated != 0)} instructions"));
            output.WriteLine($"none of: {string.Join(", ", campaign.Tallies.Where(entry => entry.Value.Translated == 0).Select(entry => entry.Key).Order(StringComparer.Ordinal))}");
        }

        output.WriteLine(string.Join(", ", campaign.Outcomes.Select((count, index) => (count, index)).Where(entry => entry.count != 0)
            .Select(entry => string.Create(CultureInfo.InvariantCulture, $"{Outcome.Name(entry.index - 2)} {entry.count:n0}"))));
        return failing.All(known.Contains);
    }
}
