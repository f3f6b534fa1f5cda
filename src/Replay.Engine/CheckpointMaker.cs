using Guest.Machine;
using Guest.Machine.Board;
using Replay.Log.Checkpoints;

namespace Replay.Engine;

/// <summary>Makes checkpoints while a recording replays. They are written by another thread while the replay goes on.</summary>
/// <remarks>
/// Where they come to stand depends on the host's speed and not on the recording; what they hold does not. Those that are there already are kept,
/// and the replay goes on from them.
/// </remarks>
public sealed class CheckpointMaker : IDisposable
{
    private readonly Replayer _replayer;
    private readonly CheckpointSpacing _spacing;
    private readonly Func<TimeSpan> _elapsed;
    private readonly CheckpointSeries _series;
    private Task _writing = Task.CompletedTask;
    private TimeSpan _lastTime;
    private ulong _lastRetired;

    /// <summary>Prepares to make checkpoints from where a replayer stands.</summary>
    /// <param name="replayer">The replay; its checkpoints are added to.</param>
    /// <param name="spacing">How far apart.</param>
    /// <param name="elapsed">The host's time since some moment.</param>
    public CheckpointMaker(Replayer replayer, CheckpointSpacing spacing, Func<TimeSpan> elapsed)
    {
        _replayer = replayer;
        _spacing = spacing;
        _elapsed = elapsed;
        _series = replayer.NewSeries();
    }

    /// <summary>Checkpoints made so far.</summary>
    public int Made { get; private set; }

    /// <summary>Replays to the recording's end and makes checkpoints on the way.</summary>
    /// <exception cref="ReplayKitException">The replay left the recording, or a checkpoint cannot be written; those before are there.</exception>
    public void Run()
    {
        Action<VirtualMachine>? advanced = _replayer.Advanced;
        _replayer.Advanced = machine =>
        {
            advanced?.Invoke(machine);
            Look(machine);
        };
        if (_replayer.Checkpoints.Has(_replayer.Machine.Position))
        {
            _series.ContinueFrom(_replayer.Checkpoints.Open(_replayer.Machine.Position));
        }

        Restart();
        Position[] present = [.. _replayer.Checkpoints.Positions().Where(at => _replayer.Machine.Position.IsBefore(at))];
        foreach (Position at in present)
        {
            _replayer.Run(at);
            Finish();
            _series.ContinueFrom(_replayer.Checkpoints.Open(at));
            Restart();
        }

        _replayer.Run();
        Finish();
        _replayer.Advanced = advanced;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        try
        {
            Finish();
        }
        catch (ReplayKitException)
        {
            // Whoever waited for the result has been told; one who stops early does not want it.
            return;
        }
        finally
        {
            _series.Dispose();
        }
    }

    private void Look(VirtualMachine machine)
    {
        Position at = machine.Position;
        bool isDue = _spacing.IsReached(_elapsed() - _lastTime, at.Retired - _lastRetired);
        if (isDue && at.RepCount is null && _replayer.Applied == 0 && machine.End == MachineEnd.None && !_replayer.Checkpoints.Has(at))
        {
            Finish();
            CheckpointJob job = _series.Begin(_replayer.Vendor);
            _writing = Task.Run(job.Write);
            Made++;
            Restart();
        }
    }

    private void Restart()
    {
        _lastTime = _elapsed();
        _lastRetired = _replayer.Machine.Position.Retired;
    }

    private void Finish() => _writing.GetAwaiter().GetResult();
}
