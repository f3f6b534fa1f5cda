using System.CommandLine;
using ReplayKit.Cli.Arguments;
using Vmm.Record;

namespace ReplayKit.Cli.Commands;

/// <summary><c>run</c>: a machine without a recording.</summary>
internal static class RunCommand
{
    /// <summary>The verb.</summary>
    public static Command Create()
    {
        MachineOptions machine = new();
        Verb verb = new(
            "run",
            "Runs a machine without recording it. The guest's console is on standard input and output.",
            "replaykit run --kernel vmlinuz --initrd initramfs.cpio.gz --append 'console=ttyS0' --memory 512M",
            "replaykit run --kernel vmlinuz --initrd initramfs.cpio.gz --clock virtual --instructions 1000000000");
        machine.AddTo(verb);
        verb.SetAction(parsed =>
        {
            MachineRequest request = machine.Read(parsed);
            LiveRun run = new(request.Capture);
            Recorder recorder = run.Prepare(request);
            int code = run.Finish(run.Execute((built, keys, console) => recorder.Run(keys, console, built)), string.Empty);
            EngineReport.Print(request.Engine);
            return code;
        });
        return verb;
    }
}
