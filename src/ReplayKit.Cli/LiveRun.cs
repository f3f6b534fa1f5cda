using System.Diagnostics;
using System.Globalization;
using Guest.Machine;
using Guest.Machine.Board;
using Guest.Machine.Devices;
using Replay.Log.Records;
using ReplayKit.Cli.Arguments;
using ReplayKit.Cli.Terminal;
using ReplayKit.Cli.Terminal.Native;
using Vmm.Record;
using Vmm.Record.Confinement;
using Vmm.Record.Network;

namespace ReplayKit.Cli;

/// <summary>A machine that runs on the user's terminal: what <c>run</c> and <c>record</c> share.</summary>
internal sealed class LiveRun
{
    private readonly Stopwatch elapsed = new();

    private readonly string? capture;

    private Task said = Task.CompletedTask;

    /// <summary>Prepares a run.</summary>
    /// <param name="capture">Where its frames are written; null for nowhere.</param>
    public LiveRun(string? capture) => this.capture = capture;

    /// <summary>Reads the files and describes the machine.</summary>
    /// <param name="request">What the user asks for.</param>
    /// <param name="recording">The recording's folder; null for none.</param>
    /// <param name="keep">How much of the recording is kept; null for all of it.</param>
    /// <exception cref="Guest.Machine.ReplayKitException">A file cannot be read, or there is no such machine.</exception>
    public Recorder Prepare(MachineRequest request, string? recording = null, KeepLimit? keep = null)
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

        if (request.VirtioConsole)
        {
            (ushort columns, ushort rows) = WindowSize.Read() ?? (80, 24);
            slots.Add(slot => new ConsoleDescription { Slot = slot, Name = "console0", Columns = columns, Rows = rows });
        }

        return new Recorder(
            MachineSetup.Describe(request.CpuModel, request.MemoryBytes, request.Vcpus, request.Clock, slots.ToDevices()) with { Turns = request.Turns, Parallel = request.Parallel },
            MachineFiles.Load(request.Kernel, request.Initrd, request.CommandLine),
            new RunLimits(request.Seconds, request.Instructions))
        {
            Disks = disks,
            Networks = networks,
            Engine = request.Engine,
            Keep = keep,
            ControlPath = request.Control,
            GoesOnWhenFull = request.GoesOnWhenFull,
            RecordingLost = SayLost,
            Ready = request.Unconfined ? null : () => Confined.Enter(ownFiles: keep is not null || request.Control is not null, Paths(request, recording)),
        };
    }

    // Whoever controls the machine names folders for new recordings: below the one where recordings are made. The socket goes with the run.
    private static UsablePath[] Paths(MachineRequest request, string? recording) =>
    [
        .. recording is null ? [] : (UsablePath[])[new(recording)],
        .. request.Control is null ? [] : (UsablePath[])[new(Recordings.Home), new(Path.GetDirectoryName(Path.GetFullPath(request.Control))!, PathUse.RemoveFiles)],
    ];

    // By another thread: whoever does not read what the guest prints may hold up standard error too, and shall not hold up the guest.
    private void SayLost(ReplayKitException why) => said = Task.Run(() => StandardError.Writer.Write($"\r\nreplaykit: {why.Message}; the guest goes on unrecorded\r\n"));

    /// <summary>Connects the machine with the terminal and runs it to its end.</summary>
    /// <param name="go">Runs it: calls back with the machine before it runs, reads what is typed, writes the guest's console text.</param>
    public RunResult Execute(Func<Action<VirtualMachine>?, ConsoleQueue, IConsoleOutput, RunResult> go)
    {
        using ConsoleQueue keys = new();
        using ConsoleText console = new();
        using StopSignals signals = new(keys.Stop);
        using Keyboard keyboard = Keyboard.Open(keys);
        using FrameCapture? frames = capture is null ? null : FrameCapture.Create(capture);
        elapsed.Start();
        RunResult result = go(frames is null ? null : frames.Watch, keys, console);
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
        said.Wait();
        StandardError.Writer.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"replaykit: {result.Reason.Word()} after {result.Instructions} instructions in {seconds:F1} s ({result.Instructions / seconds / 1e6:F1} M/s){more}"));
        return (int)(result.Reason == EndReason.GuestPanicked ? ExitCode.GuestPanicked : ExitCode.Done);
    }
}
