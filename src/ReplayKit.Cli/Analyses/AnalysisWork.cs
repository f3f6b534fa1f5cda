using Guest.Machine;
using Replay.Engine;
using Replay.Engine.Observe;
using Replay.Engine.Segments;
using ReplayKit.Cli.Arguments;
using ReplayKit.Cli.Terminal;

namespace ReplayKit.Cli.Analyses;

/// <summary>Plugins over a window of a recording: here, on several threads, or one piece of several.</summary>
internal sealed class AnalysisWork(OpenRecording recording, IReadOnlyList<PluginRequest> requests, Window window)
{
    private readonly PluginAnalysis _analysis = new(requests, window.From, window.To, window.To == recording.End);

    /// <summary>Watches the whole window.</summary>
    public IReadOnlyList<PluginRun> Run(int jobs)
    {
        using ProgressBar progress = new("analyze", window.From.Retired, window.To.Retired);
        ReplaySegment[] segments = [.. Enumerable.Range(0, jobs).Select(i => new ReplaySegment(i, jobs, _analysis.Cut(i, jobs), _analysis.Cut(i + 1, jobs)))];
        if (jobs > 1)
        {
            SegmentRunner runner = new(recording.Folder, segments, jobs, recording.Engine);
            return PluginAnalysis.Join(runner.Run(
                (replayer, segment) => _analysis.Watch(replayer, segment.Number, segment.Count), done => progress.Report(window.From.Retired + done)));
        }

        return Watch(0, 1, progress);
    }

    /// <summary>Watches one piece and writes its result.</summary>
    public int WriteSegment(int number, int count, string path, string manifest)
    {
        using ProgressBar progress = new("analyze", _analysis.Cut(number, count).Retired, _analysis.Cut(number + 1, count).Retired);
        IReadOnlyList<PluginRun> runs = Watch(number, count, progress);
        if (runs.FirstOrDefault(run => run.Slot.Failure is not null) is { } failed)
        {
            throw new ReplayKitException(901, ExitCode.WrongUsage, $"the plugin {failed.Slot.Name} has failed, and has no results: {failed.Slot.Failure!.GetType().Name}: {failed.Slot.Failure.Message}");
        }

        new SegmentResult(manifest, [.. requests.Select(request => request.Text)], number, count, window.From, window.To, PluginAnalysis.Save(runs)).Write(path);
        return 0;
    }

    private IReadOnlyList<PluginRun> Watch(int number, int count, ProgressBar progress)
    {
        using Replayer replayer = new(recording.Folder, new NoConsole(), recording.Engine, from: _analysis.Cut(number, count));
        replayer.Advanced = machine => progress.Report(machine.Position.Retired);
        return _analysis.Watch(replayer, number, count);
    }
}
