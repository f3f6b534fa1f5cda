using System.CommandLine;
using Guest.Machine;
using Replay.Engine.Observe;
using ReplayKit.Cli.Analyses;
using ReplayKit.Cli.Arguments;
using Trace.Export;

namespace ReplayKit.Cli.Commands;

/// <summary><c>join</c>: the results of segments become one.</summary>
internal static class JoinCommand
{
    /// <summary>The verb.</summary>
    public static Command Create()
    {
        Argument<string[]> files = new("FILE") { Description = "The results of all segments, in any order.", Arity = ArgumentArity.OneOrMore };
        Option<string> output = new("--out") { Description = "The folder for the results.", HelpName = "DIR", Required = true };
        Option<string[]> assemblies = PluginChoice.Assemblies();
        Option<string> format = TableFormatOption.Create();
        Option<bool> json = CommonOptions.Json();
        Verb verb = new(
            "join",
            "Joins what 'analyze --segment' has written for each segment: gives what one analysis of the whole would have given.",
            "replaykit join 1.seg 2.seg 3.seg 4.seg --out results")
        {
            files, output, assemblies, format, json,
        };
        verb.SetAction(parsed =>
        {
            string folder = parsed.GetRequiredValue(output);
            if (File.Exists(folder) || (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any()))
            {
                throw UsageError.Exists(folder);
            }

            SegmentResult[] results = Read(parsed.GetRequiredValue(files));
            IReadOnlyList<PluginRequest> requests = PluginChoice.Parse(results[0].Plugins, parsed.GetRequiredValue(assemblies));
            IReadOnlyList<PluginRun> joined = PluginAnalysis.Join([.. results.Select(result => PluginAnalysis.Load(requests, result.State))]);
            TraceMetadata metadata = new(results[0].Recording, results[0].From, results[0].To);
            return AnalysisOutput.Write(joined, folder, TableFormatOption.Read(parsed.GetRequiredValue(format)), metadata, parsed.GetValue(json));
        });
        return verb;
    }

    private static SegmentResult[] Read(string[] paths)
    {
        if (paths.FirstOrDefault(path => !File.Exists(path)) is { } missing)
        {
            throw UsageError.NoFile(missing, "a segment's result");
        }

        SegmentResult[] results = [.. paths.Select(SegmentResult.Read).OrderBy(result => result.Number)];
        SegmentResult first = results[0];
        bool alike = results.All(result => result.Recording == first.Recording && result.Plugins.SequenceEqual(first.Plugins)
            && result.Count == first.Count && result.From == first.From && result.To == first.To);
        bool complete = results.Select(result => result.Number).SequenceEqual(Enumerable.Range(0, first.Count));
        return alike && complete
            ? results
            : throw new ReplayKitException(905, ExitCode.BadInput, alike
                ? $"the segments are not complete: {first.Count} are needed, and {string.Join(", ", results.Select(result => result.Number + 1))} are there"
                : "the segments belong to different analyses: recording, plugins with their options, window and number of segments must be the same");
    }
}
