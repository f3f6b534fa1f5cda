using System.Diagnostics;
using System.Globalization;
using Guest.Machine;
using Guest.Machine.Board;
using Guest.Machine.Devices;
using Replay.Log.Records;
using ReplayKit.Cli.Arguments;
using ReplayKit.Cli.Terminal;
using Vmm.Record;
using Vmm.Record.Network;

namespace ReplayKit.Cli;

/// <summary>A machine that runs on the user's terminal: what <c>run</c> and <c>record</c> share.</summary>
internal sealed class LiveRun
{
    private readonly Recorder recorder;
    private readonly Stopwatch elapsed = new();

    private readonly string? capture;

    private LiveRun(Recorder recorder, string? capture)
    {
        this.recorder = recorder;
        this.capture = capture;
    }

    /// <summary>Reads the files and describes the machine.</summary>
    /// <exception cref="Guest.Machine.ReplayKitException">A file cannot be read, or there is no such machine.</exception>
    public static LiveRun Prepare(MachineRequest request)
    {
        PciSlots slots = new();
        DiskSetup[] disks = [.. request.Disks.Select(DiskSetup.Open)];
        for (int i = 0; i < disks.Length; i++)
        {
            slots.Add(slot => disks[i].Describe(slot, $"disk{i}"));
        }

        List<NetworkSetup> networks = [];
        foreach (NetworkChoice choice in request.Networks)
        {
            slots.Add(slot =>
            {
                networks.Add(NetworkSetup.Open(choice, choice.Describe(slot, networks.Count)));
                return networks[^1].Device;
            });
        }

        if (request.Entropy)
        {
            slots.Add(slot => new EntropyDescription { Slot = slot, Name = "entropy0" });
        }

        return new LiveRun(new Recorder(
            MachineSetup.Describe(request.CpuModel, request.MemoryBytes, request.Vcpus, request.Clock, slots.ToDevices()),
            MachineFiles.Load(request.Kernel, request.Initrd, request.CommandLine),
            new RunLimits(request.Seconds, request.Instructions))
        {
            Disks = disks,
            Networks = networks,
        }, request.Capture);
    }

    /// <summary>Connects the machine with the terminal and runs it to its end.</summary>
    /// <param name="go">Starts the recorder.</param>
    public RunResult Execute(Func<Recorder, ConsoleQueue, IConsoleOutput, RunResult> go)
    {
        using ConsoleQueue keys = new();
        using ConsoleText console = new();
        using StopSignals signals = new(keys.Stop);
        using Keyboard keyboard = Keyboard.Open(keys);
        using FrameCapture? frames = capture is null ? null : FrameCapture.Create(capture);
        recorder.Built = frames is null ? null : frames.Watch;
        elapsed.Start();
        RunResult result = go(recorder, keys, console);
        elapsed.Stop();
        console.Complete();
        frames?.Complete();
        return result;
    }

    /// <summary>Says on standard error how the run ended.</summary>
    /// <param name="result">How.</param>
    /// <param name="more">What else there is to say.</param>
    /// <returns>The process's exit code.</returns>
    public int Finish(RunResult result, string more)
    {
        double seconds = elapsed.Elapsed.TotalSeconds;
        StandardError.Writer.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"replaykit: {result.Reason.Word()} after {result.Position.Retired} instructions in {seconds:F1} s ({result.Position.Retired / seconds / 1e6:F1} M/s){more}"));
        return (int)(result.Reason == EndReason.GuestPanicked ? ExitCode.GuestPanicked : ExitCode.Done);
    }
}
