using Guest.Machine.Board;
using Guest.Machine.Devices;
using Replay.Log;
using Replay.Log.Checkpoints;
using Replay.Log.Disks;
using Replay.Log.Manifests;
using Vmm.Record.BackEnds;
using Vmm.Record.Network;

namespace Vmm.Record;

/// <summary>Lets a machine run on live from the checkpoint with which a new recording begins.</summary>
/// <remarks>
/// The guest's clock goes on from where it stood, at the host's pace. Requests to disks that waited are made anew. What was on the other side of network
/// devices is gone; what is there now is given by the caller. What the guest writes to its disks lasts as long as the run, and in the recording.
/// </remarks>
public sealed class Continuation
{
    private readonly Manifest _manifest;
    private readonly RunLimits _limits;

    /// <summary>Prepares the run.</summary>
    /// <param name="manifest">The new recording's; it has a start.</param>
    /// <param name="limits">What ends the run before the guest does; instructions count from the recording's start.</param>
    public Continuation(Manifest manifest, RunLimits limits)
    {
        _manifest = manifest;
        _limits = limits with { Instructions = limits.Instructions + manifest.Start?.At.Retired };
    }

    /// <summary>What is behind the machine's network devices; devices of which none is here have a network where nobody is. Closed when the run ends.</summary>
    public IReadOnlyList<NetworkSetup> Networks { get; init; } = [];

    /// <summary>Called with the machine before it runs.</summary>
    public Action<VirtualMachine>? Built { get; init; }

    /// <summary>Called when everything is open that the run needs, before it begins.</summary>
    public Action? Ready { get; init; }

    /// <summary>Engine choices the guest cannot see.</summary>
    public EngineOptions Engine { get; init; } = EngineOptions.Default;

    /// <summary>The manifest of a recording that goes on from a position of another.</summary>
    /// <param name="parent">The other one.</param>
    /// <param name="start">Where.</param>
    public static Manifest ManifestOf(RecordingFolder parent, RecordingStart start) => parent.Manifest with
    {
        WrittenBy = Recorder.WrittenBy,
        Start = start,
        Rolling = false,
        Disks = [.. parent.Manifest.Disks.Select(disk => disk with { Overlay = null })],
        Host = HostFacts.OfThisHost(),
    };

    /// <summary>Runs.</summary>
    /// <param name="recording">The recording; the checkpoint with which it begins is there, and it is published.</param>
    /// <param name="durable">Whether frames that the guest sends wait until the log is on the storage.</param>
    /// <param name="console">What is typed.</param>
    /// <param name="output">Where the guest's console output goes, beside the recording's console.log.</param>
    /// <exception cref="Guest.Machine.ReplayKitException">The guest did what the machine refuses, or a disk is full; what was recorded stays.</exception>
    public RunResult Run(NewRecording recording, bool durable, ConsoleQueue console, IConsoleOutput output)
    {
        using CheckpointFolder checkpoints = recording.OpenCheckpoints();
        Checkpoint start = checkpoints.Open(_manifest.Start!.At);
        LogTarget target = new() { Recording = recording };
        using var backEnds = new LiveBackEnds();
        using var machine = new VirtualMachine(_manifest.Machine, new ConsoleTee(output, target), Engine with { AtOnce = _manifest.Machine.Parallel }, backEnds);
        start.RestoreTo(machine);
        backEnds.Connect(machine, _manifest.Disks.ToDictionary(disk => disk.Slot, disk => (IDiskImage)DiskAt(start, disk, recording.Path)), Links(), console.Bell, durable);
        backEnds.Resume();
        Built?.Invoke(machine);
        Ready?.Invoke();
        return new LiveSession(machine, backEnds, console) { Limits = _limits }.Run(target);
    }

    private static ScratchDisk DiskAt(Checkpoint start, RecordedDisk disk, string recording)
    {
        var opened = new ScratchDisk(disk.Open(recording));
        opened.Restore(start.Disk(disk.Slot));
        return opened;
    }

    private Dictionary<int, IFrameLink> Links() => _manifest.Machine.Pci.OfType<NetworkDescription>().ToDictionary(
        device => device.Slot,
        device => Networks.FirstOrDefault(network => network.Device.Slot == device.Slot)?.Link ?? new UnpluggedLink());
}
