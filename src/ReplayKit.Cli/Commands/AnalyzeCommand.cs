using System.CommandLine;
using Guest.Machine;
using Guest.Machine.Board;
using Replay.Engine;
using Replay.Engine.Observe;
using ReplayKit.Cli.Analyses;
using ReplayKit.Cli.Arguments;
using ReplayKit.Cli.Terminal;
using Trace.Export;

namespace ReplayKit.Cli.Commands;

/// <summary><c>analyze</c>: plugins that watch a replay.</summary>
internal static class AnalyzeCommand
{
    /// <summary>The verb.</summary>
    public static Command Create()
    {
        Argument<string> recording = CommonOptions.Recording();
        Argument<string[]> plugins = new("PLUGIN") { Description = "The plugins: NAME, or NAME:option=value,option=value. 'replaykit plugins' lists them.", Arity = ArgumentArity.OneOrMore };
        Option<string> from = CommonOptions.From();
        Option<string> to = CommonOptions.To();
        Option<string> output = new("--out") { Description = "The folder for the results; with --segment the file for the segment's.", HelpName = "PATH", Required = true };
        Option<string?> segment = new("--segment") { Description = "Watch only the K-th of N pieces of about equal length, and write its result for 'join'.", HelpName = "K/N" };
        Option<int> jobs = CommonOptions.Jobs();
        Option<string[]> assemblies = PluginChoice.Assemblies();
        Option<string> engine = CommonOptions.Engine();
        Option<bool> statistics = CommonOptions.Statistics();
        Option<string> format = TableFormatOption.Create();
        Option<bool> upToDamage = CommonOptions.UpToDamage();
        Option<bool> json = CommonOptions.Json();
        Verb verb = new(
            "analyze",
            "Replays a recording, or a part of it, with plugins that watch. They cannot change the replay. All of them watch the same replay.",
            "replaykit analyze latest block-count instruction-mix --out results",
            "replaykit analyze boot.rk block-count --from 50% --to 60% --out results --jobs 4",
            "replaykit analyze boot.rk block-count --segment 1/8 --out 1.seg")
        {
            recording, plugins, from, to, output, segment, jobs, assemblies, engine, statistics, format, upToDamage, json,
        };
        verb.SetAction(parsed =>
        {
            IReadOnlyList<PluginRequest> requests = PluginChoice.Parse(parsed.GetRequiredValue(plugins), parsed.GetRequiredValue(assemblies));
            string path = parsed.GetRequiredValue(output);
            (int number, int pieces) = SegmentText.Parse(parsed.GetValue(segment));
            int threads = CommonOptions.ReadJobs(parsed.GetRequiredValue(jobs));
            if (threads > 1 || pieces > 1)
            {
                PluginChoice.RequireSegments(requests, threads > 1 ? "--jobs" : "--segment");
            }

            if (threads > 1 && parsed.GetValue(statistics))
            {
                throw UsageError.Contradiction("--statistics counts one replay: it needs --jobs 1");
            }

            RefuseExisting(path);
            EngineOptions counting = EngineReport.Counting(CommonOptions.ReadEngine(parsed.GetRequiredValue(engine)), parsed.GetValue(statistics));
            OpenRecording opened = OpenRecording.Open(parsed.GetRequiredValue(recording), parsed.GetValue(upToDamage), counting);
            Window window = Window.Of(parsed.GetRequiredValue(from), parsed.GetRequiredValue(to), opened.Places);
            opened.CheckFor(window.From);
            AnalysisWork work = new(opened, requests, window);
            TraceMetadata metadata = new(opened.ManifestHash, window.From, window.To);
            int code = parsed.GetValue(segment) is null
                ? AnalysisOutput.Write(work.Run(threads), path, TableFormatOption.Read(parsed.GetRequiredValue(format)), metadata, parsed.GetValue(json))
                : work.WriteSegment(number, pieces, path, metadata.Recording);
            EngineReport.Print(counting);
            return code;
        });
        return verb;
    }

    private static void RefuseExisting(string path)
    {
        if (File.Exists(path) || (Directory.Exists(path) && Directory.EnumerateFileSystemEntries(path).Any()))
        {
            throw UsageError.Exists(path);
        }
    }
}
