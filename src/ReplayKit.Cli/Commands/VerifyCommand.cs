using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Replay.Engine;
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
        Option<bool> upToDamage = CommonOptions.UpToDamage();
        Option<bool> json = CommonOptions.Json();
        Verb verb = new(
            "verify",
            "Replays a recording and compares every state hash. A difference is an error (exit code 3) that names the interval and the parts.",
            "replaykit verify latest",
            "replaykit verify boot.rk --json")
        {
            recording, upToDamage, json,
        };
        verb.SetAction(parsed => Verify(
            OpenRecording.Open(parsed.GetRequiredValue(recording), parsed.GetValue(upToDamage)), parsed.GetValue(json)));
        return verb;
    }

    private static void Verify(OpenRecording recording, bool json)
    {
        Verification result = new(
            recording.Folder.Path, recording.End.Retired, recording.IsEmpty ? 0 : Replay(recording), recording.Summary.Ended, recording.Summary.Damage);
        Console.Out.WriteLine(json ? JsonSerializer.Serialize(result, JsonOutput.Options) : string.Create(
            CultureInfo.InvariantCulture,
            $"{result.Recording}: {result.Instructions} instructions replayed, {result.StateHashes} state hashes compared, all equal; ended: {result.Ended}"));
    }

    private static int Replay(OpenRecording recording)
    {
        using ProgressBar progress = new("verify", recording.End.Retired);
        using Replayer replayer = new(recording.Folder, new NoConsole()) { Advanced = machine => progress.Report(machine.Position.Retired) };
        replayer.Run(verify: true);
        return replayer.HashesCompared;
    }

    private sealed record Verification(string Recording, ulong Instructions, int StateHashes, string Ended, string? Damage);
}
