using System.CommandLine;
using System.Globalization;
using Replay.Log;
using ReplayKit.Cli.Arguments;
using Vmm.Record;

namespace ReplayKit.Cli.Commands;

/// <summary><c>record</c>: a machine and its recording.</summary>
internal static class RecordCommand
{
    /// <summary>The verb.</summary>
    public static Command Create()
    {
        MachineOptions machine = new();
        Option<string?> output = new("--output", "-o")
        {
            Description = "The recording's folder (default: replay-YYYYMMDD-HHMMSS.rk in $REPLAYKIT_HOME or here).",
            HelpName = "DIR",
        };
        Option<bool> durable = new("--durable") { Description = "Wait at every flush until the recording is on the storage itself." };
        Option<string?> keep = new("--keep")
        {
            Description = "Keep the newest part only: at least so much time (10m, and at most twice that), or at most so much of log, checkpoints and overlays (2GB).",
            HelpName = "LIMIT",
        };
        Verb verb = new(
            "record",
            "Runs a machine and records it. The guest's console is on standard input and output; Ctrl-A x ends the run.",
            "replaykit record --kernel vmlinuz --initrd initramfs.cpio.gz --append 'console=ttyS0' --memory 512M -o boot.rk",
            "replaykit record --kernel vmlinuz --initrd initramfs.cpio.gz --cpu x86-64-v2 --seconds 60",
            "replaykit record --kernel vmlinuz --initrd initramfs.cpio.gz --append 'console=ttyS0 root=/dev/vda' --disk debian.qcow2");
        machine.AddTo(verb);
        verb.Add(output);
        verb.Add(durable);
        verb.Add(keep);
        verb.SetAction(parsed =>
        {
            MachineRequest request = machine.Read(parsed);
            LiveRun run = new(request.Capture);
            string path = parsed.GetValue(output) ?? Recordings.NewName(DateTime.Now);
            Recorder recorder = run.Prepare(request, path, KeepText.Parse(parsed.GetValue(keep), request.Clock));
            LogOptions options = LogOptions.Default with { Durable = parsed.GetValue(durable) };
            RunResult result = run.Execute((built, keys, console) => recorder.Record(path, options, keys, console, built));
            string recorded = result.Lost is null ? string.Create(CultureInfo.InvariantCulture, $"{result.LogBytes} bytes of log") : "up to where its disk was full";
            int code = run.Finish(result, $"; recorded in {path}, {recorded}");
            EngineReport.Print(request.Engine);
            return code;
        });
        return verb;
    }
}
