using System.Globalization;
using System.Text.RegularExpressions;

namespace ReplayKit.Tests.Names;

/// <summary>What the guest of <see cref="NamesGuest"/> wrote on its console about itself.</summary>
public sealed partial class GuestTruth
{
    private GuestTruth(string[] lines)
    {
        Intervals = [.. ReadIntervals(lines)];
        Events = [.. ReadEvents(lines)];
        Stats = [.. lines.Select(line => StatLine().Match(line)).Where(match => match.Success)
            .Select(match => (Number(match, 1), match.Groups[2].Value, match.Groups[3].Value[0], Number(match, 4)))];
        ModuleSymbols = [.. lines.Where(line => line.StartsWith("module symbol: ", StringComparison.Ordinal)).Select(line => line["module symbol: ".Length..])];
        Modules = lines.Single(line => line.StartsWith("modules: ", StringComparison.Ordinal))["modules: ".Length..];
        KernelSymbols = lines.Single(line => line.StartsWith("kernel symbols: ", StringComparison.Ordinal)).Split(' ')[2];
    }

    /// <summary>What the workers say of themselves.</summary>
    public IReadOnlyList<GuestInterval> Intervals { get; }

    /// <summary>The kernel's trace.</summary>
    public IReadOnlyList<GuestEvent> Events { get; }

    /// <summary>From when on all tasks are known: those that <see cref="Stats"/> lists, and those that the trace has announced since.</summary>
    public ulong Start => Events.First(each => each.Text.Contains("stats are known", StringComparison.Ordinal)).Time;

    /// <summary>Number, name, state and parent of the processes, listed while the trace was already on.</summary>
    public IReadOnlyList<(int Pid, string Name, char State, int ParentPid)> Stats { get; }

    /// <summary>The lines of <c>/proc/kallsyms</c> that belong to modules.</summary>
    public IReadOnlyList<string> ModuleSymbols { get; }

    /// <summary>The line of <c>/proc/modules</c>.</summary>
    public string Modules { get; }

    /// <summary>SHA-256 of the lines of <c>/proc/kallsyms</c> that belong to no module.</summary>
    public string KernelSymbols { get; }

    /// <summary>Reads the console's text.</summary>
    public static GuestTruth Parse(string console) => new(console.Replace("\r", string.Empty, StringComparison.Ordinal).Split('\n'));

    private static IEnumerable<GuestInterval> ReadIntervals(string[] lines)
    {
        for (int i = 0; i < lines.Length; i++)
        {
            if (IntervalLine().Match(lines[i]) is { Success: true } match)
            {
                string[] maps = [.. lines.Skip(i + 1).TakeWhile(line => line != "end")];
                yield return new GuestInterval(match.Groups[1].Value, Number(match, 2), Number(match, 3), Time(match, 4), Time(match, 5), maps);
            }
        }
    }

    private static IEnumerable<GuestEvent> ReadEvents(string[] lines)
    {
        int start = Array.IndexOf(lines, "the trace begins");
        int end = Array.IndexOf(lines, "the trace ends");
        for (int i = start; i < end; i++)
        {
            if (EventLine().Match(lines[i]) is { Success: true } match)
            {
                string[] stack = [.. lines.Skip(i + 1).TakeWhile(line => line.StartsWith(" => ", StringComparison.Ordinal)).Select(line => line[4..])];
                yield return new GuestEvent(Time(match, 2), Number(match, 1), match.Groups[3].Value, stack);
            }
        }
    }

    private static int Number(Match match, int group) => int.Parse(match.Groups[group].ValueSpan, CultureInfo.InvariantCulture);

    private static ulong Time(Match match, int group) => ulong.Parse(match.Groups[group].ValueSpan, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^interval (\S+) pid (\d+) ppid (\d+) from (\d+) to (\d+)$")]
    private static partial Regex IntervalLine();

    [GeneratedRegex(@"^\s*\S.*-(\d+)\s+\([ \d-]+\) \[\d+\] \S+\s+(\d+): (.*)$")]
    private static partial Regex EventLine();

    [GeneratedRegex(@"^stat (\d+) \((.*)\) (\S) (\d+) ")]
    private static partial Regex StatLine();
}
