using System.CommandLine;
using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using Guest.Machine;
using Replay.Engine;
using Replay.Engine.Debug;
using Replay.Engine.Debug.Gdb;
using ReplayKit.Cli.Arguments;
using ReplayKit.Cli.Terminal;

namespace ReplayKit.Cli.Commands;

/// <summary><c>debug</c>: starts gdb on a recording.</summary>
internal static class DebugCommand
{
    /// <summary>The verb.</summary>
    public static Command Create()
    {
        Argument<string> recording = CommonOptions.Recording();
        Argument<string[]> more = new("GDB-ARGUMENT") { Description = "What gdb gets too, behind --.", Arity = ArgumentArity.ZeroOrMore };
        Option<string> at = new("--at") { Description = "Begin at this position.", HelpName = "P", DefaultValueFactory = _ => "end" };
        Option<string?> process = Process();
        Option<int?> jobs = new("--jobs") { Description = "Processors that look through the past at once, each with a machine of its own (default: all).", HelpName = "N" };
        Option<bool> upToDamage = CommonOptions.UpToDamage();
        Verb verb = new(
            "debug",
            "Starts gdb on a recording, with the kernel's symbols: it goes forwards and backwards (reverse-stepi, reverse-continue). 'goto P', 'when', 'who-wrote EXPR' and 'history of EXPR' move and look along time, 'go-live' runs on from here; 'monitor help' lists more.",
            "replaykit debug latest",
            "replaykit debug boot.rk --at 30% -- -ex 'hbreak do_sys_openat2'")
        {
            recording, at, process, jobs, upToDamage, more,
        };
        verb.SetAction(parsed =>
        {
            OpenRecording opened = OpenRecording.Open(parsed.GetRequiredValue(recording), parsed.GetValue(upToDamage));
            Position position = PositionText.Parse(parsed.GetRequiredValue(at)).In(opened.Places);
            opened.CheckFor(position);
            return Debug(opened, position, parsed.GetValue(process), parsed.GetValue(jobs) is { } number ? CommonOptions.ReadJobs(number) : Environment.ProcessorCount, parsed.GetValue(more) ?? []);
        });
        return verb;
    }

    /// <summary>Serves gdb, or several one after the other.</summary>
    internal static void Serve(OpenRecording recording, Position at, GdbServer server, string? process, int jobs, bool once)
    {
        using DebuggedReplay replay = Open(recording, at, jobs);
        server.Serve(replay, text => PositionText.Parse(text).In(recording.Places), process, once);
    }

    /// <summary>The option that chooses what gdb takes for its process.</summary>
    internal static Option<string?> Process() => new("--process")
    {
        Description = "Show gdb the threads, memory and symbols of this process; breakpoints and watchpoints count in it only.",
        HelpName = "NAME|PID",
    };

    private static DebuggedReplay Open(OpenRecording recording, Position at, int jobs)
    {
        using ProgressBar progress = new("replay", recording.Folder.Start.Retired, at.Retired);
        return new DebuggedReplay(recording.Folder, new NoConsole(), at, progress.Report) { Jobs = jobs };
    }

    private static int Debug(OpenRecording recording, Position at, string? process, int jobs, string[] more)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("replaykit-gdb-");
        try
        {
            using GdbServer server = GdbServer.OnPath(Path.Combine(folder.FullName, "socket"));
            string script = Path.Combine(folder.FullName, "gdb");
            File.WriteAllText(script, DebugScript.Make(server.Target, process, Command()));

            // Ctrl-C is gdb's.
            using PosixSignalRegistration signals = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => context.Cancel = true);
            using System.Diagnostics.Process gdb = Start(script, more);
            gdb.EnableRaisingEvents = true;
            gdb.Exited += (_, _) => server.Dispose();
            Serve(recording, at, server, process, jobs, once: true);
            gdb.WaitForExit();
            return gdb.ExitCode == 0 ? 0 : (int)ExitCode.HostCannot;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static System.Diagnostics.Process Start(string script, string[] more)
    {
        ProcessStartInfo start = new("gdb") { ArgumentList = { "-q", "-x", script } };
        foreach (string argument in more)
        {
            start.ArgumentList.Add(argument);
        }

        try
        {
            return System.Diagnostics.Process.Start(start)!;
        }
        catch (Win32Exception error)
        {
            throw new ReplayKitException(511, ExitCode.HostCannot, $"gdb cannot be started ({error.Message}); install the package gdb", error);
        }
    }

    // How this command was started: a program of its own, or the runtime with an assembly.
    private static string[] Command() => Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet"
        ? [Environment.ProcessPath!, Path.Combine(AppContext.BaseDirectory, "replaykit.dll")]
        : [Environment.ProcessPath!];
}
