using Guest.Machine;
using Guest.Machine.Board;
using Replay.Engine;
using Replay.Log;
using Replay.Log.Checkpoints;
using Replay.Log.Disks;
using Replay.Log.Manifests;
using Vmm.Record;
using Vmm.Record.Confinement;
using Vmm.Record.Network;

namespace ReplayKit.Cli;

/// <summary>Goes to a position of a recording and makes a new recording that begins there and runs on live.</summary>
internal sealed class GoLive
{
    private readonly RecordingFolder parent;
    private readonly Position at;

    /// <summary>Prepares.</summary>
    /// <param name="parent">The recording.</param>
    /// <param name="at">The position.</param>
    /// <exception cref="ReplayKitException">RK0709: what is on its disks is not all there any more.</exception>
    public GoLive(RecordingFolder parent, Position at)
    {
        this.parent = parent;
        this.at = at;
        if (parent.Manifest.Disks.Any(disk => disk.Before is not null || File.Exists(Path.Combine(parent.Path, BlockSet.NameOf(disk.Slot)))))
        {
            throw new ReplayKitException(709, ExitCode.BadInput, $"{parent.Path} cannot go live: of an image that was written through, or that was packed, only the blocks that the recorded guest needed are there");
        }
    }

    /// <summary>What is behind the machine's network devices, in their order.</summary>
    public IReadOnlyList<NetworkChoice> Networks { get; init; } = [];

    /// <summary>What ends the run before the guest does.</summary>
    public RunLimits Limits { get; init; } = new();

    /// <summary>How the log is written.</summary>
    public LogOptions Log { get; init; } = LogOptions.Default;

    /// <summary>What executes the guest's instructions.</summary>
    public EngineOptions Engine { get; init; } = EngineOptions.Default;

    /// <summary>Whether the process keeps its rights while the machine runs.</summary>
    public bool Unconfined { get; init; }

    /// <summary>Where the frames are written; null for nowhere.</summary>
    public string? Capture { get; init; }

    /// <summary>Makes the recording and runs.</summary>
    /// <param name="path">Its folder.</param>
    /// <returns>The process's exit code.</returns>
    public int Run(string path)
    {
        using NewRecording recording = Begin(path, out Manifest manifest);
        NetworkDescription[] devices = [.. manifest.Machine.Pci.OfType<NetworkDescription>()];
        if (Networks.Count > devices.Length)
        {
            throw UsageError.Contradiction($"the recorded machine has {devices.Length} network devices, and --net stands {Networks.Count} times");
        }

        LiveRun run = new(Capture);
        RunResult result = run.Execute((built, keys, console) => new Continuation(manifest, Limits)
        {
            Networks = [.. Networks.Select((choice, i) => NetworkSetup.Open(choice, devices[i]))],
            Built = built,
            Engine = Engine,
            Ready = Unconfined ? null : () => Confined.Enter(ownFiles: false, [new UsablePath(path)]),
        }.Run(recording, Log.Durable, keys, console));
        return run.Finish(result, $"; goes on from {parent.Path} at {at}, recorded in {path}");
    }

    // The position of a checkpoint is between two instructions.
    private NewRecording Begin(string path, out Manifest manifest)
    {
        using Replayer replayer = new(parent, new NoConsole(), Engine, at);
        replayer.SeekTo(at);
        if (replayer.Machine.End != MachineEnd.None || replayer.Machine.Position.RepCount is not null)
        {
            throw UsageError.OutsideTheRecording(at.ToString(), parent.Start, replayer.Machine.Position);
        }

        manifest = Continuation.ManifestOf(parent, new RecordingStart(replayer.Machine.Position.ToString(), parent.Sha256));
        NewRecording recording = NewRecording.Create(path, manifest, Log);
        using CheckpointFolder checkpoints = recording.OpenCheckpoints();
        replayer.SaveTo(checkpoints);
        recording.Publish();
        return recording;
    }
}
