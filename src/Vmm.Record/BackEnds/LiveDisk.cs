using System.Buffers;
using System.Collections.Concurrent;
using Guest.Machine;
using Guest.Machine.Board;
using Guest.Machine.Devices.Block;
using Replay.Log;
using Replay.Log.Disks;
using Replay.Log.Records;

namespace Vmm.Record.BackEnds;

/// <summary>A disk behind a live machine: a thread of its own makes the requests, in the order in which they came.</summary>
/// <remarks>
/// A read that fails is answered as failed. A write or flush that fails ends the run: what is on the disk then is not what a replay will have.
/// </remarks>
internal sealed class LiveDisk : ILiveDevice
{
    private readonly BlockDevice _device;
    private readonly int _slot;
    private readonly IDiskImage _disk;
    private readonly InputBell _bell;
    private readonly VirtualMachine _machine;
    private readonly bool _isVirtual;
    private readonly BlockingCollection<DiskRequest> _requests = [];
    private readonly BlockingCollection<LiveDiskAnswer> _answers = [];
    private readonly Queue<ulong> _due = [];
    private readonly object _gate = new();
    private readonly Thread _thread;
    private bool _isHolding;
    private int _underWay;

    /// <summary>Starts the disk's thread.</summary>
    /// <param name="machine">The machine.</param>
    /// <param name="device">The device.</param>
    /// <param name="slot">Its slot.</param>
    /// <param name="disk">What is on the disk; closed with this.</param>
    /// <param name="bell">Rung for each answer.</param>
    internal LiveDisk(VirtualMachine machine, BlockDevice device, int slot, IDiskImage disk, InputBell bell)
    {
        _machine = machine;
        _device = device;
        _slot = slot;
        _disk = disk;
        _bell = bell;
        _isVirtual = machine.Description.ClockMode == ClockMode.Virtual;
        _thread = new Thread(MakeRequests) { IsBackground = true, Name = $"disk in slot {slot}" };
        _thread.Start();
    }

    /// <inheritdoc/>
    public bool HasInput => !_isVirtual && _answers.Count > 0;

    /// <inheritdoc/>
    public ulong Due => _due.TryPeek(out ulong next) ? next : ulong.MaxValue;

    /// <inheritdoc/>
    public bool CanWake => _device.PendingCount > 0;

    /// <inheritdoc/>
    public bool IsStill
    {
        get
        {
            lock (_gate)
            {
                return _underWay == 0;
            }
        }
    }

    /// <inheritdoc/>
    public void Hold() => SetHolding(true);

    /// <inheritdoc/>
    public void Let() => SetHolding(false);

    /// <inheritdoc/>
    public void Resume()
    {
        for (int i = 0; i < _device.PendingCount; i++)
        {
            Submit(_device.Pending(i));
        }
    }

    /// <inheritdoc/>
    public void Ready()
    {
    }

    /// <summary>Takes a request of the guest.</summary>
    public void Submit(DiskRequest request)
    {
        if (_isVirtual)
        {
            _due.Enqueue(_machine.Position.Retired + LiveTurn.VirtualLatency);
            _machine.AwaitsInput = true;
            _machine.Call();
        }

        _requests.Add(request);
    }

    /// <inheritdoc/>
    public void Apply(VirtualMachine machine, bool idle, LogWriter? log)
    {
        if (_isVirtual)
        {
            while (_due.TryPeek(out ulong due) && (idle || machine.Position.Retired >= due))
            {
                _due.Dequeue();
                Apply(machine, _answers.Take(), log);
            }
        }
        else
        {
            while (_answers.TryTake(out LiveDiskAnswer answer))
            {
                Apply(machine, answer, log);
            }
        }
    }

    /// <summary>Makes the requests that are left, ends the thread and closes the disk.</summary>
    public void Dispose()
    {
        Let();
        _requests.CompleteAdding();
        _thread.Join();
        _requests.Dispose();
        _answers.Dispose();
        _disk.Dispose();
    }

    private void Apply(VirtualMachine machine, LiveDiskAnswer answer, LogWriter? log)
    {
        if (answer.Failure is not null)
        {
            throw answer.Failure;
        }

        lock (_gate)
        {
            _underWay--;
        }

        int index = _device.IndexOf(answer.Request);
        log?.Append(machine.Position, new DiskAnswer(_slot, index, answer.Status, answer.Hash));
        machine.ApplyDisk(_slot, index, answer.Status, answer.Data.AsSpan(0, answer.Data is null ? 0 : answer.Request.Length));
        if (answer.Data is not null)
        {
            ArrayPool<byte>.Shared.Return(answer.Data);
        }
    }

    private void MakeRequests()
    {
        foreach (DiskRequest request in _requests.GetConsumingEnumerable())
        {
            Begin();
            _answers.Add(Make(request));
            _bell.Ring();
        }
    }

    private void Begin()
    {
        lock (_gate)
        {
            while (_isHolding)
            {
                Monitor.Wait(_gate);
            }

            _underWay++;
        }
    }

    private void SetHolding(bool holding)
    {
        lock (_gate)
        {
            _isHolding = holding;
            Monitor.PulseAll(_gate);
        }
    }

    private LiveDiskAnswer Make(DiskRequest request)
    {
        try
        {
            switch (request.Kind)
            {
                case DiskRequestKind.Read:
                    return Read(request);
                case DiskRequestKind.Write:
                    ((IDisk)_disk).Write(request.Offset, request.Data.Span);
                    break;
                default:
                    (_disk as IDisk)?.Flush();
                    break;
            }

            return new LiveDiskAnswer(request, DiskStatus.Done, null, null);
        }
        catch (ReplayKitException failure)
        {
            return new LiveDiskAnswer(request, DiskStatus.Failed, null, null, failure);
        }
    }

    private LiveDiskAnswer Read(DiskRequest request)
    {
        byte[] data = ArrayPool<byte>.Shared.Rent(request.Length);
        Span<byte> bytes = data.AsSpan(0, request.Length);
        try
        {
            _disk.Read(request.Offset, bytes);
            return new LiveDiskAnswer(request, DiskStatus.Done, data, Hash128.OfSha256(bytes));
        }
        catch (ReplayKitException)
        {
            ArrayPool<byte>.Shared.Return(data);
            return new LiveDiskAnswer(request, DiskStatus.Failed, null, null);
        }
    }
}
