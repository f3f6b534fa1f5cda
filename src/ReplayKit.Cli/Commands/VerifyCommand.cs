using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Guest.Machine;
using Guest.Machine.Board;
using Replay.Engine;
using Replay.Engine.Segments;
using ReplayKit.Cli.Arguments;
using ReplayKit.Cli.Terminal;

namespace ReplayKit.Cli.Commands;

/// <summary><c>verify</c>: replays a recording and compares every state hash that its recorder noted.</summary>
internal static class VerifyCommand
{
    /// <summary>The verb.</summary>
    public static Command Create()
    {
        Argument<string> recording = CommonOptions.Recording();
        Option<int> jobs = CommonOptions.Jobs();
        Option<bool> upToDamage = CommonOptions.UpToDamage();
        Option<string> engine = CommonOptions.Engine();
        Option<bool> lockStep = new("--lockstep") { Description = "First replay on both engines side by side and compare them; the first instruction at which they part is named with both states." };
        Option<bool> parallel = new("--parallel") { Description = "Replay processors that ran in parallel (--schedule parallel) in parallel too, each on a host thread of its own." };
        Option<bool> unconfined = CommonOptions.Unconfined();
        Option<bool> json = CommonOptions.Json();
        Verb verb = new(
            "verify",
            "Replays a recording and compares every state hash. A difference is an error (exit code 3) that names the interval and the parts. With --jobs, the pieces between checkpoints are replayed side by side. With --lockstep, both engines replay it and are compared as well.",
            "replaykit verify latest",
            "replaykit verify boot.rk --jobs 8 --json",
            "replaykit verify boot.rk --lockstep")
        {
            recording, jobs, upToDamage, engine, lockStep, parallel, unconfined, json,
        };
        verb.SetAction(parsed => Verify(
            OpenRecording.Open(parsed.GetRequiredValue(recording), parsed.GetValue(upToDamage), CommonOptions.ReadEngine(parsed.GetRequiredValue(engine))),
            CommonOptions.ReadJobs(parsed.GetValue(jobs)),
            parsed.GetValue(lockStep),
            parsed.GetValue(parallel),
            parsed.GetValue(unconfined),
            parsed.GetValue(json)));
        return verb;
    }

    private static void Verify(OpenRecording recording, int jobs, bool lockStep, bool parallel, bool unconfined, bool json)
    {
        ConfinedReplay.Enter(unconfined, recording);
        _ = recording.Summary;
        if (parallel && (jobs > 1 || !recording.Folder.Manifest.Machine.Parallel))
        {
            throw UsageError.Contradiction("--parallel replays the processors of a recording made with --schedule parallel, in one piece");
        }

        IReadOnlyList<ReplaySegment> segments = Verification.Cut(recording.Folder, recording.End, jobs);
        if (jobs > 1 && segments.Count == 1)
        {
            StandardError.Writer.WriteLine("replaykit: the recording has no checkpoints and is verified in one piece; 'replaykit checkpoint' makes some");
        }

        if (lockStep && !recording.IsEmpty)
        {
            CompareEngines(recording);
        }

        Verified result = new(
            recording.Folder.Path,
            recording.End.Retired - recording.Folder.Start.Retired,
            recording.IsEmpty ? 0 : parallel ? ReplayAtOnce(recording) : Replay(recording, segments, jobs),
            recording.Summary.Ended,
            recording.Summary.Damage,
            segments.Count,
            Math.Min(jobs, segments.Count));
        Console.Out.WriteLine(json ? JsonSerializer.Serialize(result, JsonOutput.Options) : string.Create(
            CultureInfo.InvariantCulture,
            $"{result.Recording}: {result.Instructions} instructions replayed, {result.StateHashes} state hashes compared, all equal; ended: {result.Ended}"));
    }

    private static void CompareEngines(OpenRecording recording)
    {
        using ProgressBar progress = new("lock step", 0, recording.End.Retired - recording.Folder.Start.Retired);
        using LockStep engines = new(recording.Folder, engine: recording.Engine);
        if (engines.Run(recording.End, progress.Report) is { } parting)
        {
            throw new ReplayKitException(507, ExitCode.Divergence, $"{parting} ({engines.FirstKind}, {engines.SecondKind})");
        }
    }

    private static int Replay(OpenRecording recording, IReadOnlyList<ReplaySegment> segments, int jobs)
    {
        using ProgressBar progress = new("verify", 0, recording.End.Retired - recording.Folder.Start.Retired);
        return Verification.Run(recording.Folder, segments, jobs, recording.Engine, progress.Report);
    }

    private static int ReplayAtOnce(OpenRecording recording)
    {
        using ProgressBar progress = new("verify", 0, recording.End.Retired - recording.Folder.Start.Retired);
        using Replayer replayer = new(recording.Folder, new NoConsole(), (recording.Engine ?? EngineOptions.Default) with { AtOnce = true });
        replayer.Advanced = machine => progress.Report(machine.Position.Retired - recording.Folder.Start.Retired);
        replayer.RunAtOnce(verify: true);
        return replayer.HashesCompared;
    }

    private sealed record Verified(string Recording, ulong Instructions, int StateHashes, string Ended, string? Damage, int Segments, int Jobs);
}
