using System.Runtime.ExceptionServices;
using Guest.Machine;
using Guest.Machine.Board;
using Guest.Machine.Memory;
using Guest.Machine.X86;
using Replay.Log;
using Replay.Log.Records;

namespace Replay.Multicore;

/// <summary>Runs the vCPUs of a machine at once, each on a host thread of its own, and logs the order that a replay needs (docs/multicore.md).</summary>
/// <remarks>
/// Between two calls of <see cref="Run"/> every vCPU stands, and the machine is as one whose vCPUs take turns. For one thread, but for <see cref="Call"/>.
/// </remarks>
public sealed class ParallelRun : IVcpuGate, IDisposable
{
    private const int LongestWait = 10; // milliseconds
    private const ulong Portion = 256;

    private readonly VirtualMachine _machine;
    private readonly Func<ulong> _clock;
    private readonly TurnLine _line;
    private readonly BoardLock _lock = new();
    private readonly AutoResetEvent _bell = new(false);
    private readonly Seat[] _seats;
    private Exception? _failure;
    private bool _isOver;
    private bool _hasBegun;

    /// <summary>Takes a machine that stands, before it runs or where another run has ended.</summary>
    /// <param name="machine">The machine; built with <see cref="EngineOptions.AtOnce"/>.</param>
    /// <param name="log">Where the order is logged; null while nothing is recorded.</param>
    /// <param name="clock">The guest's present time in ticks; from any thread.</param>
    /// <param name="chaosSeed">Not 0 to stop the threads at random: for tests.</param>
    public ParallelRun(VirtualMachine machine, Func<LogWriter?> log, Func<ulong> clock, ulong chaosSeed = 0)
    {
        _machine = machine;
        _clock = clock;
        _line = new TurnLine(machine.Cpus, machine.Board.Turns!.Current, log);
        _seats = [.. machine.Cpus.Select((cpu, index) => new Seat(cpu, machine.Engines[index], chaosSeed == 0 ? null : new ThreadChaos(chaosSeed + (ulong)index)))];
        _lock.Take();
        machine.ShareBy(this);
    }

    /// <inheritdoc/>
    public Vcpu? Acting { get; private set; }

    /// <summary>Runs until an input waits, somebody must look around, or the machine ends or idles.</summary>
    /// <exception cref="ReplayKitException">The guest did what the machine refuses, or the log cannot be written.</exception>
    public RunStop Run()
    {
        if (_machine.End == MachineEnd.None && IsIdle)
        {
            return RunStop.Idle;
        }

        Begin();
        _lock.Release();
        _ = _bell.WaitOne(LongestWait);
        _lock.Take();
        Acting = null;
        HoldOthers();
        _machine.ApplyTurn(_line.Current);
        if (_failure is not null)
        {
            ExceptionDispatchInfo.Throw(_failure);
        }

        return _machine.End != MachineEnd.None ? RunStop.Ended : IsIdle ? RunStop.Idle : RunStop.Called;
    }

    /// <summary>Makes the clock show a time, while all vCPUs stand: timers that are due by then expire.</summary>
    /// <param name="ticks">The time; not before what it shows.</param>
    public void SetTime(ulong ticks)
    {
        _line.Log(new TimeAnchor(ticks, 0));
        _machine.ApplyAnchor(ticks, 0);
    }

    /// <inheritdoc/>
    public void Open(Vcpu cpu)
    {
        Seat seat = _seats[cpu.Index];
        cpu.ForgetStop();
        Tell(seat);
        Acting = null;
        seat.IsInCode = true;
        _lock.Release();
        seat.Chaos?.Strike();
    }

    /// <inheritdoc/>
    public bool Close(Vcpu cpu)
    {
        Seat seat = _seats[cpu.Index];
        seat.Chaos?.Strike();
        seat.IsInCode = false;
        seat.Chaos?.Strike();
        _lock.Take();
        Acting = cpu;
        return !IsOver;
    }

    /// <inheritdoc/>
    public void Pass(Vcpu cpu)
    {
        if (_clock() >= _machine.NextDeadline)
        {
            ReadTime();
        }

        if (_lock.IsWanted)
        {
            Tell(_seats[cpu.Index]);
            Acting = null;
            _lock.Release();
            _ = Thread.Yield();
            _lock.Take();
            Acting = cpu;
            cpu.Attention |= IsOver;
        }
    }

    /// <inheritdoc/>
    public void Acquire(int page, bool write)
    {
        if (Acting is not { } cpu || cpu.RightTo(page) >= (write ? PageRight.Write : PageRight.Read))
        {
            return;
        }

        foreach (Seat seat in _seats)
        {
            if (seat.Cpu != cpu && seat.Cpu.RightTo(page) is var right and not PageRight.None && (write || right == PageRight.Write))
            {
                Hold(seat.Cpu);
                seat.Cpu.GiveUp(page, write ? PageRight.None : PageRight.Read);
            }
        }

        cpu.Grant(page, write ? PageRight.Write : PageRight.Read);
    }

    /// <inheritdoc/>
    public void Hold(Vcpu cpu)
    {
        if (cpu == Acting)
        {
            return;
        }

        Seat seat = _seats[cpu.Index];
        if (seat.IsInCode)
        {
            cpu.AskToStop();
            seat.AwaitStanding();
        }

        _line.Extend(cpu);
    }

    /// <inheritdoc/>
    public void HoldOthers()
    {
        foreach (Seat seat in _seats)
        {
            seat.Cpu.AskToStop();
        }

        foreach (Seat seat in _seats)
        {
            Hold(seat.Cpu);
        }
    }

    /// <inheritdoc/>
    public void Touch()
    {
        if (Acting is { } cpu)
        {
            _seats[cpu.Index].HasTouched = true;
        }
    }

    /// <inheritdoc/>
    public void ReadTime()
    {
        Touch();
        if (Acting is not { } cpu || _seats[cpu.Index].TimeReadAt == cpu.State.Retired)
        {
            return;
        }

        _seats[cpu.Index].TimeReadAt = cpu.State.Retired;
        ulong now = _clock();
        if (now > _machine.Clock.Now)
        {
            _line.EndWith(cpu);
            SetTime(now);
        }
    }

    /// <inheritdoc/>
    public void Wake(Vcpu cpu)
    {
        Seat seat = _seats[cpu.Index];
        cpu.AskToStop();
        if (seat.Sleeps)
        {
            seat.Bell.Set();
        }
    }

    /// <inheritdoc/>
    public void Call() => _bell.Set();

    /// <inheritdoc/>
    public void Dispose()
    {
        _isOver = true;
        foreach (Seat seat in _seats)
        {
            seat.Cpu.Attention = true;
            seat.Cpu.AskToStop();
            seat.Bell.Set();
        }

        _lock.Release();
        foreach (Seat seat in _seats)
        {
            seat.Thread?.Join();
            seat.Dispose();
        }

        _machine.ShareBy(null);
        _bell.Dispose();
    }

    private bool IsOver => _isOver || _machine.End != MachineEnd.None;

    private bool IsIdle => _hasBegun && Array.TrueForAll(_seats, seat => seat.Sleeps && !_machine.CanRun(seat.Cpu));

    private void Begin()
    {
        if (_hasBegun)
        {
            return;
        }

        _hasBegun = true;
        foreach (Seat seat in _seats)
        {
            seat.Thread = new Thread(() => Live(seat)) { Name = $"vCPU {seat.Cpu.Index}", IsBackground = true };
            seat.Thread.Start();
        }
    }

    // The life of a vCPU's thread.
    private void Live(Seat seat)
    {
        _lock.Take();
        Acting = seat.Cpu;
        try
        {
            while (!IsOver)
            {
                Advance(seat);
            }

            Tell(seat);
        }
        catch (ReplayKitException failure)
        {
            _failure ??= failure;
            _isOver = true;
        }

        seat.Sleeps = true;
        Acting = null;
        _ = _bell.Set();
        _lock.Release();
    }

    private void Advance(Seat seat)
    {
        Vcpu cpu = seat.Cpu;
        if (cpu.HasActed)
        {
            seat.Engine.Run(cpu.State.Retired + 1);
        }
        else if (!_machine.CanRun(cpu))
        {
            Sleep(seat);
        }
        else if (_machine.DeliverDue(cpu))
        {
            // The line ends in its turn only now: what the delivery needed of others comes before.
            _line.EndWith(cpu);
            _line.Log(default(InterruptTaken));
        }
        else
        {
            seat.Engine.Run(seat.Engine is Interpreter ? cpu.State.Retired + Portion : ulong.MaxValue);
            if (seat.Engine is Interpreter && !cpu.HasActed)
            {
                Pass(cpu);
            }
        }
    }

    private void Sleep(Seat seat)
    {
        Tell(seat);
        seat.Sleeps = true;
        if (IsIdle)
        {
            _ = _bell.Set();
        }

        Acting = null;
        _lock.Release();
        _ = seat.Bell.WaitOne();
        _lock.Take();
        Acting = seat.Cpu;
        seat.Sleeps = false;
    }

    // What others do next with what all share comes behind what this vCPU has done.
    private void Tell(Seat seat)
    {
        if (seat.HasTouched)
        {
            seat.HasTouched = false;
            _line.Extend(seat.Cpu);
        }
    }
}
