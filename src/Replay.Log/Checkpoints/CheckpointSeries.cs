using Guest.Machine;
using Guest.Machine.Board;
using Guest.Machine.Memory;
using Guest.Machine.State;
using Replay.Log.Disks;

namespace Replay.Log.Checkpoints;

/// <summary>Makes checkpoints of one machine as it goes on: each costs what has changed since the one before.</summary>
/// <remarks>
/// <see cref="Begin"/> stops the machine for a moment only: it notes registers and devices, and from there on keeps the pages that changed by copying
/// each before it is written. <see cref="CheckpointJob.Write"/> then reads, compresses and writes them, on any thread, while the machine runs.
/// </remarks>
public sealed class CheckpointSeries : IDisposable
{
    private readonly CheckpointFolder _folder;
    private readonly VirtualMachine _machine;
    private readonly IReadOnlyDictionary<int, ICheckpointDisk> _disks;
    private WrittenPages _written;
    private bool _needsWholeDisks = true;
    private CheckpointJob? _job;

    /// <summary>Begins a series; its first checkpoint holds everything.</summary>
    /// <param name="folder">Where the checkpoints go.</param>
    /// <param name="machine">The machine.</param>
    /// <param name="disks">[slot] the disks that it writes; each at the machine's position, with no request under way that the machine has not been answered.</param>
    public CheckpointSeries(CheckpointFolder folder, VirtualMachine machine, IReadOnlyDictionary<int, ICheckpointDisk> disks)
    {
        _disks = disks;
        _folder = folder;
        _machine = machine;
        _written = machine.Memory.TrackWrites(sinceZero: true);
        Last = Nothing(folder);
    }

    /// <summary>What the next checkpoint builds on. Belongs to the job in hand until it has ended.</summary>
    internal SeriesState Last { get; set; }

    /// <summary>Goes on from a checkpoint: the machine stands where it was made.</summary>
    /// <exception cref="InvalidOperationException">The machine stands elsewhere.</exception>
    public void ContinueFrom(Checkpoint checkpoint)
    {
        if (_machine.Position != checkpoint.At)
        {
            throw new InvalidOperationException($"the machine is at {_machine.Position} and the checkpoint at {checkpoint.At}");
        }

        int number = _folder.NumberOf(checkpoint.At);
        ContentIndex contents = Last.Contents;
        contents.Add(number, checkpoint.Blocks);
        _written.Collect();
        _written.Clear();
        foreach (ICheckpointDisk disk in _disks.Values)
        {
            disk.ForgetChanged();
        }

        _needsWholeDisks = false;
        Dictionary<int, DiskTable> disks = checkpoint.Disks.ToDictionary(disk => disk.Key, disk => disk.Value.Copy());
        Last = new SeriesState(checkpoint.Table.Copy(), disks, number, checkpoint.Depth, contents);
    }

    /// <summary>Begins a checkpoint at the machine's position, of which no record has been applied yet. On the machine's thread; takes well under a millisecond for each thousand pages that changed.</summary>
    /// <param name="vendor">The host's vendor that the log has noted so far; empty for none.</param>
    /// <returns>What is to be written before the next checkpoint is begun.</returns>
    /// <exception cref="InvalidOperationException">The one before has not been written.</exception>
    public CheckpointJob Begin(string vendor = "")
    {
        if (_job is { IsWritten: false } job)
        {
            StartOver(job);
        }

        StateWriter state = new();
        _machine.Save(state);
        _machine.Memory.BringAll();
        int[] pages = [.. _written.Collect()];
        Array.Sort(pages);
        MemorySnapshot snapshot = _machine.Memory.Keep(pages);
        _written.Clear();
        DiskChanges[] disks = [.. _disks.OrderBy(disk => disk.Key).Select(disk => DiskChanges.Take(disk.Key, disk.Value, _needsWholeDisks))];
        _needsWholeDisks = false;
        MachineMoment moment = new(_machine.Position with { RepCount = null }, state.Written.ToArray(), _machine.HashStateAround(0), vendor);
        return _job = new CheckpointJob(this, _folder, moment, snapshot, pages, disks, _machine.PageHash);
    }

    /// <inheritdoc/>
    public void Dispose() => _written.Dispose();

    private static SeriesState Nothing(CheckpointFolder folder) => new(new PageTable(folder.Spaces.Pages), new Dictionary<int, DiskTable>(), -1, 0, new ContentIndex());

    // After a checkpoint that could not be written: what had changed for it is no longer known.
    private void StartOver(CheckpointJob job)
    {
        if (!job.HasEnded)
        {
            throw new InvalidOperationException($"the checkpoint at {job.At} is not written yet");
        }

        _written.Dispose();
        _written = _machine.Memory.TrackWrites(sinceZero: true);
        _needsWholeDisks = true;
        Last = Nothing(_folder);
    }
}
