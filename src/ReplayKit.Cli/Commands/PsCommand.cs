using System.CommandLine;
using System.Text.Json;
using Guest.Linux;
using Guest.Machine;
using Replay.Engine;
using ReplayKit.Cli.Arguments;
using ReplayKit.Cli.Names;
using ReplayKit.Cli.Terminal;

namespace ReplayKit.Cli.Commands;

/// <summary><c>ps</c>: the guest's processes at a position, read out of its memory.</summary>
internal static class PsCommand
{
    /// <summary>The verb.</summary>
    public static Command Create()
    {
        Argument<string> recording = CommonOptions.Recording();
        Option<string> at = new("--at")
        {
            Description = "At this position: 0:hex, an instruction count, a percentage or 'end'.",
            HelpName = "P",
            DefaultValueFactory = _ => "end",
        };
        Option<bool> threads = new("--threads") { Description = "List every thread of every process." };
        Option<int?> maps = new("--maps") { Description = "List the memory of this process instead, as /proc/PID/maps does.", HelpName = "PID" };
        Option<int?> files = new("--files") { Description = "List the open files of this process instead.", HelpName = "PID" };
        Option<bool> modules = new("--modules") { Description = "List the kernel's modules instead." };
        Option<int?> stacks = new("--stacks") { Description = "List the call stacks of this process's threads instead.", HelpName = "PID" };
        Option<bool> upToDamage = CommonOptions.UpToDamage();
        Option<bool> unconfined = CommonOptions.Unconfined();
        Option<bool> json = CommonOptions.Json();
        Verb verb = new(
            "ps",
            "Lists the guest's processes at a position, as its kernel's own structures in memory describe them. Needs nothing about the kernel from outside.",
            "replaykit ps latest",
            "replaykit ps boot.rk --at 50% --threads",
            "replaykit ps boot.rk --at 0:5f2c119a --maps 1",
            "replaykit ps boot.rk --at 0:5f2c119a --stacks 1")
        {
            recording, at, threads, maps, files, modules, stacks, upToDamage, unconfined, json,
        };
        verb.SetAction(parsed =>
        {
            OpenRecording opened = OpenRecording.Open(parsed.GetRequiredValue(recording), parsed.GetValue(upToDamage));
            ConfinedReplay.Enter(parsed.GetValue(unconfined), opened);
            Position position = PositionText.Parse(parsed.GetRequiredValue(at)).In(opened.Places);
            opened.CheckFor(position);
            PsQuestion question = PsQuestion.Of(parsed.GetValue(threads), parsed.GetValue(maps), parsed.GetValue(files), parsed.GetValue(modules), parsed.GetValue(stacks));
            PsAnswer answer = Ask(opened, position, question);
            Console.Out.Write(parsed.GetValue(json) ? JsonSerializer.Serialize(answer, JsonOutput.Options) + "\n" : PsText.Of(answer));
        });
        return verb;
    }

    private static PsAnswer Ask(OpenRecording recording, Position position, PsQuestion question)
    {
        if (recording.IsEmpty)
        {
            return PsAnswer.NotYet(recording.Folder.Path, position, "not yet: nothing of the recording can be replayed");
        }

        using Replayer replayer = new(recording.Folder, new NoConsole(), from: position);
        using ProgressBar progress = new("replay", replayer.Machine.Position.Retired, position.Retired);
        replayer.Advanced = machine => progress.Report(machine.Position.Retired);
        replayer.SeekTo(position);
        if (position == recording.End)
        {
            replayer.Run();
        }

        LinuxGuest guest = new(replayer.Machine.Memory);
        return guest.Look(replayer.Machine.Cpu) is { } kernel
            ? PsAnswer.Of(recording.Folder.Path, position, kernel, replayer.Machine.Cpu, question)
            : PsAnswer.NotYet(recording.Folder.Path, position, guest.Missing!);
    }
}
