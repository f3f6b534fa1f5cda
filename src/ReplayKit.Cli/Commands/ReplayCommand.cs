using System.CommandLine;
using System.Text;
using System.Text.Json;
using Guest.Machine;
using Replay.Engine;
using Replay.Engine.Debug.Gdb;
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
        Option<string?> capture = CommonOptions.Capture();
        LiveOptions live = new();
        Option<string> engine = CommonOptions.Engine();
        Option<bool> statistics = CommonOptions.Statistics();
        Option<bool> json = CommonOptions.Json();
        Option<string?> gdb = GdbAddress.Option();
        Option<string?> process = DebugCommand.Process();
        Verb verb = new(
            "replay",
            "Replays a recording and prints the guest's console text, exactly as it was. It starts from the last checkpoint before --from ('replaykit checkpoint' makes them), or from the beginning.",
            "replaykit replay latest",
            "replaykit replay boot.rk --from 25% --to 0:5f2c119a",
            "replaykit replay boot.rk --from 25% --gdb 1234",
            "replaykit replay web.rk --live-from 50% --net user,forward=8080:80 -o child.rk")
        {
            recording, from, to, capture, upToDamage, engine, statistics, json, gdb, process,
        };
        live.AddTo(verb);
        verb.SetAction(parsed =>
        {
            OpenRecording opened = OpenRecording.Open(parsed.GetRequiredValue(recording), parsed.GetValue(upToDamage), EngineReport.Counting(CommonOptions.ReadEngine(parsed.GetRequiredValue(engine)), parsed.GetValue(statistics)));
            Window window = Window.Of(parsed.GetRequiredValue(from), parsed.GetRequiredValue(to), opened.Places);
            opened.CheckFor(window.From);
            if (live.Read(parsed, opened, parsed.GetValue(capture)) is { } goLive)
            {
                return goLive.Run(live.Output(parsed));
            }

            if (parsed.GetValue(process) is not null && parsed.GetResult(gdb) is null)
            {
                throw UsageError.Contradiction("--process says what gdb is shown: it needs --gdb");
            }

            if (parsed.GetResult(gdb) is not null)
            {
                ServeGdb(opened, window, parsed.GetValue(gdb), parsed.GetValue(process));
            }
            else if (parsed.GetValue(json))
            {
                PrintJson(opened, window, parsed.GetValue(capture), live.IsUnconfined(parsed));
            }
            else
            {
                Print(opened, window, parsed.GetValue(capture), live.IsUnconfined(parsed));
            }

            EngineReport.Print(opened.Engine);
            return (int)ExitCode.Done;
        });
        return verb;
    }

    private static void ServeGdb(OpenRecording recording, Window window, string? address, string? process)
    {
        if (window.To != recording.End)
        {
            throw UsageError.Contradiction("--gdb and --to contradict each other: gdb decides how far to go");
        }

        using GdbServer server = GdbAddress.Listen(address);
        using StopSignals signals = new(server.Dispose);
        Console.Error.WriteLine($"waiting for gdb: target remote {server.Target}");
        DebugCommand.Serve(recording, window.From, server, process, Environment.ProcessorCount, once: false);
    }

    private static void Print(OpenRecording recording, Window window, string? capture, bool unconfined)
    {
        using ConsoleText console = new();
        Replay(recording, window, console, capture, unconfined);
        console.Complete();
    }

    private static void PrintJson(OpenRecording recording, Window window, string? capture, bool unconfined)
    {
        using MemoryStream text = new();
        using ConsoleText console = new(text);
        Replay(recording, window, console, capture, unconfined);
        console.Complete();
        Replayed result = new(recording.Folder.Path, window.From.ToString(), window.To.ToString(), Encoding.UTF8.GetString(text.ToArray()));
        Console.Out.WriteLine(JsonSerializer.Serialize(result, JsonOutput.Options));
    }

    private static void Replay(OpenRecording recording, Window window, ConsoleText console, string? capture, bool unconfined)
    {
        using FrameCapture? frames = capture is null ? null : FrameCapture.Create(capture);
        ConfinedReplay.Enter(unconfined, recording);
        if (recording.IsEmpty)
        {
            return;
        }

        using Replayer replayer = new(recording.Folder, console, recording.Engine, window.From);
        using ProgressBar progress = new("replay", replayer.Machine.Position.Retired, window.To.Retired);
        replayer.Advanced = machine => progress.Report(machine.Position.Retired);
        replayer.SeekTo(window.From);
        frames?.Watch(replayer.Machine);
        replayer.Run(window.To == recording.End ? null : window.To);
        frames?.Complete();
    }

    private sealed record Replayed(string Recording, string From, string To, string Console);
}
