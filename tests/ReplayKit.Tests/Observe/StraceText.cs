using System.Globalization;
using System.Text.RegularExpressions;

namespace ReplayKit.Tests.Observe;

/// <summary>System calls by thread, out of the output of strace -f or of the plugin, in a form in which both can be compared.</summary>
internal static partial class StraceText
{
    /// <summary>What each thread did, out of strace's output: interrupted lines are put together.</summary>
    public static SortedDictionary<int, List<string>> OfStrace(IEnumerable<string> lines)
    {
        SortedDictionary<int, List<string>> threads = [];
        Dictionary<int, string> begun = [];
        foreach (Match line in lines.Select(line => Line().Match(line)).Where(line => line.Success))
        {
            int thread = int.Parse(line.Groups[1].Value, CultureInfo.InvariantCulture);
            string text = line.Groups[2].Value;
            if (text.EndsWith(" <unfinished ...>", StringComparison.Ordinal))
            {
                begun[thread] = text[..^" <unfinished ...>".Length].TrimEnd() + (text.EndsWith(",  <unfinished ...>", StringComparison.Ordinal) ? " " : string.Empty);
                continue;
            }

            Match resumed = Resumed().Match(text);
            text = resumed.Success ? begun[thread] + resumed.Groups[1].Value : text;
            Add(threads, thread, text);
        }

        return threads;
    }

    /// <summary>What each thread did, out of the plugin's text.</summary>
    public static SortedDictionary<int, List<string>> OfPlugin(IEnumerable<string> lines)
    {
        SortedDictionary<int, List<string>> threads = [];
        foreach (Match line in lines.Select(line => TimedLine().Match(line)).Where(line => line.Success && line.Groups[2].Value != "+++ started +++"))
        {
            Add(threads, int.Parse(line.Groups[1].Value, CultureInfo.InvariantCulture), line.Groups[2].Value);
        }

        return threads;
    }

    /// <summary>A call without its arguments.</summary>
    public static string WithoutArguments(string call)
    {
        int result = call.LastIndexOf(") = ", StringComparison.Ordinal);
        return result < 0 ? call : call[..call.IndexOf('(', StringComparison.Ordinal)] + call[result..];
    }

    // What only strace shows: words for errors, details of results and of signals (which it also sees where they reach no handler), lengths before and after.
    private static void Add(SortedDictionary<int, List<string>> threads, int thread, string text)
    {
        if (text.StartsWith("---", StringComparison.Ordinal))
        {
            return;
        }

        text = Padding().Replace(text, ") = ");
        text = Duration().Replace(text, string.Empty);
        text = Words().Replace(text, "$1");
        text = Detail().Replace(text, "$1");
        text = LengthBefore().Replace(text, "[$1]");
        text = Filled().Replace(text, string.Empty);
        text = Mask().Replace(text, "rt_sigreturn()");
        if (!threads.TryGetValue(thread, out List<string>? calls))
        {
            threads.Add(thread, calls = []);
        }

        calls.Add(text);
    }

    [GeneratedRegex(@"^(\d+) +(.*)$")]
    private static partial Regex Line();

    [GeneratedRegex(@"^(\d+) +[0-9.]+ (.*)$")]
    private static partial Regex TimedLine();

    [GeneratedRegex(@"^<\.\.\. \w+ resumed>(.*)$")]
    private static partial Regex Resumed();

    [GeneratedRegex(@"\) += ")]
    private static partial Regex Padding();

    [GeneratedRegex(@" <[0-9.]+>$")]
    private static partial Regex Duration();

    [GeneratedRegex(@"(= (?:-1 E\w+|\? ERESTART\w+)) \(.*\)$")]
    private static partial Regex Words();

    [GeneratedRegex(@"(\) = \d+) \(.*\)$")]
    private static partial Regex Detail();

    [GeneratedRegex(@"\[\d+ => (\d+)\]")]
    private static partial Regex LengthBefore();

    [GeneratedRegex(@" => \{[^}]*\}")]
    private static partial Regex Filled();

    [GeneratedRegex(@"rt_sigreturn\(.*?\)")]
    private static partial Regex Mask();
}
