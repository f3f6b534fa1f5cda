using System.CommandLine;
using ReplayKit.Cli.Arguments;

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
            LiveRun run = LiveRun.Prepare(machine.Read(parsed));
            return run.Finish(run.Execute((recorder, keys, console) => recorder.Run(keys, console)), string.Empty);
        });
        return verb;
    }
}
