using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Guest.Machine;
using Replay.Engine;
using ReplayKit.Cli.Arguments;
using ReplayKit.Cli.Terminal;

namespace ReplayKit.Cli.Commands;

/// <summary><c>checkpoint</c>: replays a recording and adds checkpoints to it.</summary>
internal static class CheckpointCommand
{
    /// <summary>The verb.</summary>
    public static Command Create()
    {
        Argument<string> recording = CommonOptions.Recording();
        Option<string> every = new("--every")
        {
            Description = "How far apart: time that replaying takes (1.5s, 500ms) or a number of instructions.",
            HelpName = "SPACING",
            DefaultValueFactory = _ => "1s",
        };
        Option<string> engine = CommonOptions.Engine();
        Option<bool> unconfined = CommonOptions.Unconfined();
        Option<bool> json = CommonOptions.Json();
        Verb verb = new(
            "checkpoint",
            "Replays a recording and adds checkpoints to it: later replays start from the nearest one, and verify can use several processors. Checkpoints that are there already stay.",
            "replaykit checkpoint latest",
            "replaykit checkpoint boot.rk --every 500ms")
        {
            recording, every, engine, unconfined, json,
        };
        verb.SetAction(parsed =>
        {
            CheckpointSpacing spacing = SpacingText.Parse(parsed.GetRequiredValue(every));
            OpenRecording opened = OpenRecording.Open(parsed.GetRequiredValue(recording), upToDamage: false, CommonOptions.ReadEngine(parsed.GetRequiredValue(engine)));
            ConfinedReplay.Enter(parsed.GetValue(unconfined), opened, opened.Folder.Path);
            _ = opened.Summary;
            Show(opened, opened.IsEmpty ? 0 : Make(opened, spacing), parsed.GetValue(json));
        });
        return verb;
    }

    private static int Make(OpenRecording recording, CheckpointSpacing spacing)
    {
        using Replayer replayer = new(recording.Folder, new NoConsole(), recording.Engine);
        using ProgressBar progress = new("checkpoint", recording.Folder.Start.Retired, recording.End.Retired);
        replayer.Advanced = machine => progress.Report(machine.Position.Retired);
        Stopwatch clock = Stopwatch.StartNew();
        using CheckpointMaker maker = new(replayer, spacing, () => clock.Elapsed);
        maker.Run();
        return maker.Made;
    }

    private static void Show(OpenRecording recording, int made, bool json)
    {
        CheckpointsInfo all = CheckpointsInfo.Of(recording.Folder);
        double memory = recording.Folder.Manifest.Machine.MemoryBytes;
        Made result = new(recording.Folder.Path, made, all.Count, all.Bytes, all.FirstBytes, all.FirstBytes / memory, all.Count > 1 ? (all.Bytes - all.FirstBytes) / memory / (all.Count - 1) : 0);
        Console.Out.WriteLine(json ? JsonSerializer.Serialize(result, JsonOutput.Options) : string.Create(
            CultureInfo.InvariantCulture,
            $"{result.Recording}: {made} checkpoints made, {result.Checkpoints} in all, {result.Bytes} bytes: the first {result.FirstShare:P1} of the guest's memory, the others {result.OtherShare:P1} each"));
    }

    private sealed record Made(string Recording, int MadeNow, int Checkpoints, long Bytes, long FirstBytes, double FirstShare, double OtherShare);
}
