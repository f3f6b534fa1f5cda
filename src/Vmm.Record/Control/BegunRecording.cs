using Guest.Machine;
using Guest.Machine.Board;
using Guest.Machine.X86.HostCode;
using Replay.Log;
using Replay.Log.Checkpoints;
using Replay.Log.Disks;
using Replay.Log.Manifests;

namespace Vmm.Record.Control;

/// <summary>A recording that begins with a running machine's state: it is one as soon as its first checkpoint, which another thread writes, is whole.</summary>
internal sealed class BegunRecording : IDisposable
{
    private readonly CheckpointFolder _folder;
    private readonly CheckpointSeries _series;
    private readonly Task _writing;

    private BegunRecording(NewRecording recording, VirtualMachine machine, IReadOnlyDictionary<int, ICheckpointDisk> disks)
    {
        Recording = recording;
        _folder = recording.OpenCheckpoints();
        _series = new CheckpointSeries(_folder, machine, disks);
        _writing = Task.Run(_series.Begin(HostFeatures.VendorIn(machine.Cpu.State)).Write);
    }

    /// <summary>The recording; the caller's to close.</summary>
    internal NewRecording Recording { get; }

    /// <summary>Whether the checkpoint is written, or has failed.</summary>
    internal bool IsWritten => _writing.IsCompleted;

    /// <summary>Begins one where the machine stands still.</summary>
    /// <exception cref="ReplayKitException">The folder holds something (RK0108), or cannot be written (RK0109, RK0110).</exception>
    internal static BegunRecording Begin(string path, Manifest manifest, VirtualMachine machine, IReadOnlyDictionary<int, ICheckpointDisk> disks, LogOptions options)
    {
        Manifest started = manifest with { Start = new RecordingStart(machine.Position.ToString(), null) };
        return new BegunRecording(NewRecording.Create(path, started, options), machine, disks);
    }

    /// <summary>Waits for the checkpoint and makes the folder a recording.</summary>
    /// <exception cref="ReplayKitException">It could not be written (RK0109, RK0110).</exception>
    internal void Publish()
    {
        _writing.GetAwaiter().GetResult();
        Recording.Publish();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _series.Dispose();
        _folder.Dispose();
    }
}
