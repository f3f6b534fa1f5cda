using Guest.Machine;
using Guest.Machine.Board;
using Guest.Machine.X86.HostCode;
using Replay.Log;
using Replay.Log.Checkpoints;
using Replay.Log.Disks;

namespace Vmm.Record;

/// <summary>Keeps the newest part of a recording: begins a new generation now and then (a checkpoint that rests on no other, and a segment of the log), and removes the oldest.</summary>
/// <remarks>
/// The checkpoint is written by another thread while the machine runs on; until it is whole, the recording begins with the generation before.
/// </remarks>
internal sealed class FlightRecorder : IStillWork, IDisposable
{
    private const ulong ShortestGeneration = 1_000_000_000;

    // A first guess at a checkpoint's size: a quarter of the guest's memory.
    private const long MemoryShare = 4;

    // What the log still has in memory, and what comes until the next generation has begun.
    private const long Slack = 1 << 20;

    private readonly NewRecording _recording;
    private readonly IReadOnlyDictionary<int, ICheckpointDisk> _disks;
    private readonly KeepLimit _keep;
    private readonly List<Generation> _generations = [new(default, Segment: 0, Begun: 0, LogBytes: 0)];
    private CheckpointFolder? _folder;
    private CheckpointSeries? _series;
    private CheckpointJob? _job;
    private Task? _writing;
    private long _checkpointBytes;
    private long _overlayBytes;

    /// <summary>Begins with the recording.</summary>
    internal FlightRecorder(NewRecording recording, ulong memoryBytes, IReadOnlyDictionary<int, ICheckpointDisk> disks, KeepLimit keep)
    {
        _recording = recording;
        _disks = disks;
        _keep = keep;
        _checkpointBytes = (long)memoryBytes / MemoryShare;
    }

    private Generation Current => _generations[^1];

    /// <inheritdoc/>
    public bool IsWanted(VirtualMachine machine, ulong host)
    {
        try
        {
            return _recording.Failure is null && LooksForDue(host);
        }
        catch (ReplayKitException full) when (_recording.Takes(full))
        {
            return false;
        }
    }

    /// <inheritdoc/>
    public void Do(VirtualMachine machine, ulong host)
    {
        try
        {
            Begin(machine, host);
        }
        catch (ReplayKitException full) when (_recording.Takes(full))
        {
            // The recording ends with what the generations before hold.
            return;
        }
    }

    private bool LooksForDue(ulong host)
    {
        if (_writing is { IsCompleted: true })
        {
            Finish();
            DropOld(host);
        }

        return _writing is null && host - Current.Begun >= ShortestGeneration && IsDue(host);
    }

    private void Begin(VirtualMachine machine, ulong host)
    {
        if (_keep.Bytes is not null)
        {
            DropTo(_generations.Count - 1);
        }

        _folder = _recording.OpenCheckpoints();
        _series = new CheckpointSeries(_folder, machine, _disks);
        _job = _series.Begin(HostFeatures.VendorIn(machine.Cpu.State));
        long before = _recording.Log.Bytes;
        _overlayBytes = _recording.OverlayBytes();
        _generations.Add(new Generation(machine.Position, _recording.Log.BeginSegment(machine.Position), host, before));
        _writing = Task.Run(_job.Write);
    }

    /// <summary>Waits for the checkpoint that is being written.</summary>
    public void Dispose()
    {
        try
        {
            Finish();
        }
        catch (ReplayKitException)
        {
            // The run ends; the recording begins with the generation before, as a killed recorder's does.
            return;
        }
    }

    private bool IsDue(ulong host) => _keep.Time is { } time
        ? host - Current.Begun >= (ulong)time.Ticks * 100
        : IsNearlyFull(_recording.OverlayBytes());

    // The next checkpoint holds what the last one did, and what was written to disks since.
    private bool IsNearlyFull(long overlay) => Bytes() + overlay + (_checkpointBytes * 5 / 4) + (overlay - _overlayBytes) + Slack >= _keep.Bytes;

    private long Bytes() => _recording.Log.Bytes - _generations[0].LogBytes + _generations.Sum(generation => generation.CheckpointBytes);

    private void Finish()
    {
        try
        {
            _writing?.GetAwaiter().GetResult();
            if (_job is { IsWritten: true })
            {
                _checkpointBytes = _job.Bytes;
                _generations[^1] = Current with { CheckpointBytes = _job.Bytes };
            }
        }
        finally
        {
            _writing = null;
            _series?.Dispose();
            _folder?.Dispose();
        }
    }

    // By time: one generation must be old enough to hold all that is to be kept.
    private void DropOld(ulong host)
    {
        if (_keep.Time is { } time)
        {
            DropTo(_generations.FindLastIndex(generation => host - generation.Begun >= (ulong)time.Ticks * 100));
        }
    }

    private void DropTo(int oldest)
    {
        if (oldest > 0)
        {
            _recording.DropBefore(_generations[oldest].Segment, _generations[oldest].Start);
            _generations.RemoveRange(0, oldest);
        }
    }

    private readonly record struct Generation(Position Start, int Segment, ulong Begun, long LogBytes, long CheckpointBytes = 0);
}
