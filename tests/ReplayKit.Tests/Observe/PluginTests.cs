using Analysis.Plugins;
using Guest.Machine;
using Guest.Machine.Board;
using Guest.Machine.X86;
using Replay.Engine.Observe;
using Trace.Export;
using Trace.Export.Reports;

namespace ReplayKit.Tests.Observe;

/// <summary>What holds for every plugin of the catalogue, seen on a window of a boot with processes, system calls and interrupts.</summary>
public sealed class PluginTests
{
    private const ulong Length = 2_000_000;

    // The long form has ten.
    private static readonly int s_replays = int.Parse(Environment.GetEnvironmentVariable("REPLAYKIT_REPLAYS") ?? "2", System.Globalization.CultureInfo.InvariantCulture);
    private static readonly EngineOptions s_translator = new();
    private static readonly EngineOptions s_interpreter = new() { Kind = EngineKind.Interpreter };
    private static readonly Lazy<IReadOnlyList<StatePart>> s_unobserved = new(() => Observed(null, 1, s_translator).State);

    // Of those that need one.
    private static readonly Dictionary<string, string> s_options = new() { ["search"] = ":text=/proc/", ["who-wrote"] = ":address=jiffies_64" };

    public static TheoryData<string> Names => [.. PluginCatalogue.All.Select(entry => entry.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void The_guest_does_not_notice_the_plugin_and_it_gives_the_same_twice_and_on_both_engines(string name)
    {
        (IReadOnlyList<StatePart> state, string[] results) = Observed(name, 1, s_translator);
        Assert.Equal(s_unobserved.Value, state);
        Assert.Contains(results, text => text.Split('\n').Length > 3);
        for (int replay = 1; replay < s_replays; replay++)
        {
            Assert.Equal(results, Observed(name, 1, s_translator).Results);
        }

        Assert.Equal(results, Observed(name, 1, s_interpreter).Results);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_plugin_with_segments_gives_the_same_over_one_two_and_eight_on_both_engines(string name)
    {
        if (PluginCatalogue.All.Single(entry => entry.Name == name).IsSegmented)
        {
            string[] whole = Observed(name, 1, s_translator).Results;
            Assert.Equal(whole, Observed(name, 2, s_translator).Results);
            Assert.Equal(whole, Observed(name, 8, s_translator).Results);
            Assert.Equal(whole, Observed(name, 8, s_interpreter).Results);
        }
    }

    [Fact]
    public void Every_plugin_has_a_sentence_and_its_options_have_one_too() => Assert.All(PluginCatalogue.All, entry =>
    {
        Assert.EndsWith(".", entry.Summary, StringComparison.Ordinal);
        Assert.All(entry.Options, option => Assert.NotEmpty(option.Help));
        Assert.True(File.Exists(Checkout.Path("docs", "plugins", entry.Name + ".md")), $"docs/plugins/{entry.Name}.md is missing");
    });

    // Each piece is observed by a plugin of its own, and reaches the others only as the bytes of a segment's file.
    private static (IReadOnlyList<StatePart> State, string[] Results) Observed(string? name, int pieces, EngineOptions engine)
    {
        using VirtualMachine machine = BootedGuest.Copy(engine);
        PluginRequest[] requests = name is null ? [] : [PluginRequest.Parse(name + s_options.GetValueOrDefault(name), PluginCatalogue.All)];
        List<IReadOnlyList<PluginRun>> all = [];
        for (int piece = 1; piece <= pieces; piece++)
        {
            PluginRun[] runs = [.. requests.Select(request => request.Create())];
            using Observation observation = new(machine, runs);
            Position end = new(0, BootedGuest.From + (Length * (ulong)piece / (ulong)pieces));
            foreach (Position cut in observation.Cuts(end))
            {
                Assert.Equal(RunStop.Reached, machine.RunTo(cut));
                observation.Cut();
            }

            Assert.Equal(RunStop.Reached, machine.RunTo(end));
            observation.Complete();
            Assert.All(runs, run => Assert.Null(run.Slot.Failure));
            all.Add(pieces == 1 ? runs : PluginAnalysis.Load(requests, PluginAnalysis.Save(runs)));
        }

        return (machine.HashState(), [.. PluginAnalysis.Join(all).SelectMany(Report)]);
    }

    private static string[] Report(PluginRun run)
    {
        using TemporaryFolder folder = new();
        ReportFolder report = new(folder.Path, run.Slot.Name);
        run.Report(report);
        Assert.Null(run.Slot.Failure);
        report.Write(TableFormats.All.Single(format => format.Name == "csv"), new TraceMetadata("a test", default, default));
        return [.. report.Files.Order().Select(file => Path.GetFileName(file) + "\n" + File.ReadAllText(file))];
    }
}
