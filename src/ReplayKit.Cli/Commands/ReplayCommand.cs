using System.CommandLine;
using Replay.Engine;
using ReplayKit.Cli.Arguments;
using ReplayKit.Cli.Terminal;

namespace ReplayKit.Cli.Commands;

/// <summary><c>replay</c>: executes a recording again and prints the guest's console text.</summary>
internal static class ReplayCommand
{
    /// <summary>The verb.</summary>
    public static Command Create()
    {
        Argument<string> recording = CommonOptions.Recording();
        Option<string> from = CommonOptions.From();
        Option<string> to = CommonOptions.To();
        Option<bool> upToDamage = CommonOptions.UpToDamage();
        Verb verb = new(
            "replay",
            "Replays a recording and prints the guest's console text, exactly as it was. A replay always starts at the recording's beginning.",
            "replaykit replay latest",
            "replaykit replay boot.rk --from 25% --to 0:5f2c119a")
        {
            recording, from, to, upToDamage,
        };
        verb.SetAction(parsed => Replay(
            OpenRecording.Open(parsed.GetRequiredValue(recording), parsed.GetValue(upToDamage)),
            parsed.GetRequiredValue(from),
            parsed.GetRequiredValue(to)));
        return verb;
    }

    private static void Replay(OpenRecording recording, string from, string to)
    {
        Window window = Window.Of(from, to, recording.End);
        if (recording.IsEmpty)
        {
            return;
        }

        using ConsoleText console = new();
        ConsoleGate gate = new(console);
        using ProgressBar progress = new("replay", window.To.Retired);
        using Replayer replayer = new(recording.Folder, gate) { Advanced = machine => progress.Report(machine.Position.Retired) };
        if (window.From.Retired > 0)
        {
            replayer.Run(window.From);
        }

        gate.IsOpen = true;
        replayer.Run(window.To == recording.End ? null : window.To);
        console.Complete();
    }
}
