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
public sealed class ParallelRun : VcpuGate
{
    private const int LongestWait = 10; // milliseconds
    private const ulong Portion = 256;

    // Some 50 µs.
    private const int Watches = 500;

    // How many visits of a vCPU to the gate, or within a stay, it takes until the time is looked at; used-up budgets are not counted.
    private const int VisitsBetweenLooks = 8;

    private readonly Func<ulong> _clock;
    private readonly TurnLine _line;
    private readonly AutoResetEvent _bell = new(false);

    // [page] who gave up the right to write it last, where: the vCPU's number plus 1, or 0 for nobody.
    private readonly (int Vcpu, ulong Retired)[] _lastWriters;
    private readonly PageTenure _tenure;
    private Vcpu? _lastToTouch;
    private long _transitions;
    private long _timeReadings;
    private bool _touched = true;
    private ulong _deadline;
    private bool _isOver;
    private bool _hasBegun;

    /// <summary>Takes a machine that stands, before it runs or where another run has ended.</summary>
    /// <param name="machine">The machine; built with <see cref="EngineOptions.AtOnce"/>.</param>
    /// <param name="log">Where the order is logged; null while nothing is recorded.</param>
    /// <param name="clock">The guest's present time in ticks; from any thread.</param>
    /// <param name="chaosSeed">Not 0 to stop the threads at random: for tests.</param>
    public ParallelRun(VirtualMachine machine, Func<LogWriter?> log, Func<ulong> clock, ulong chaosSeed = 0)
        : base(machine, chaosSeed)
    {
        _clock = clock;
        _lastWriters = new (int, ulong)[machine.Memory.PageCount];
        _tenure = new PageTenure(machine.Memory.PageCount);
        _line = new TurnLine(machine.Cpus, machine.Board.Turns!.Current, log);
    }

    /// <summary>Runs until an input waits, somebody must look around, or the machine ends or idles.</summary>
    /// <exception cref="ReplayKitException">The guest did what the machine refuses, or the log cannot be written.</exception>
    public RunStop Run()
    {
        if (Machine.End == MachineEnd.None && IsIdle)
        {
            return RunStop.Idle;
        }

        if (!_hasBegun)
        {
            _hasBegun = true;
            Start(Live);
        }

        // Inputs may have armed timers.
        _touched = true;
        Release();
        _ = _bell.WaitOne(LongestWait);
        Take(null);
        HoldOthers();
        _line.Cut();
        Machine.ApplyTurn(_line.Current);
        if (Failure is not null)
        {
            ExceptionDispatchInfo.Throw(Failure);
        }

        return Machine.End != MachineEnd.None ? RunStop.Ended : IsIdle ? RunStop.Idle : RunStop.Called;
    }

    /// <summary>Makes the clock show a time, while all vCPUs stand: timers that are due by then expire.</summary>
    /// <param name="ticks">The time; not before what it shows.</param>
    public void SetTime(ulong ticks)
    {
        _line.Log(new TimeAnchor(ticks, 0));
        Machine.ApplyAnchor(ticks, 0);
        _touched = true;
    }

    /// <inheritdoc/>
    public override void Pass(Vcpu cpu)
    {
        Leaving();
        if (Looks(cpu) && _clock() >= _deadline)
        {
            ReadTime();
        }

        base.Pass(cpu);
    }

    /// <inheritdoc/>
    public override bool MayStay(Vcpu cpu, bool isLong) => base.MayStay(cpu, isLong) && !((isLong || Looks(cpu)) && _clock() >= Volatile.Read(ref _deadline));

    /// <inheritdoc/>
    public override bool AwaitTurn(Vcpu cpu, int page)
    {
        ArgumentNullException.ThrowIfNull(cpu);
        ulong until = _tenure.End(page);
        if (_clock() >= until || Array.Find(Seats, seat => seat.Cpu != cpu && seat.Cpu.RightTo(page) == PageRight.Write) is not { Sleeps: false } owner)
        {
            return false;
        }

        _tenure.Waits++;
        Release();
        SpinWait spin = default;
        while (_clock() < until && !owner.Sleeps && !IsOver && !cpu.IsAskedToStop)
        {
            spin.SpinOnce(sleep1Threshold: -1);
        }

        TakeAgain(cpu);
        return true;
    }

    /// <inheritdoc/>
    public override void Acquire(int page, bool write)
    {
        if (Acting is not { } cpu || cpu.RightTo(page) >= (write ? PageRight.Write : PageRight.Read))
        {
            return;
        }

        write = _tenure.Asked(page, cpu.Index, write, cpu.RightTo(page) == PageRight.Read);
        foreach (Seat seat in Seats)
        {
            if (seat.Cpu != cpu && seat.Cpu.RightTo(page) is var right and not PageRight.None && (write || right == PageRight.Write))
            {
                Hold(seat.Cpu);
                _transitions++;
                _tenure.Taken(page, write, _clock());
                seat.Cpu.GiveUp(page, write ? PageRight.None : PageRight.Read);
                if (right == PageRight.Write)
                {
                    _lastWriters[page] = (seat.Cpu.Index + 1, seat.Cpu.State.Retired);
                }
            }
        }

        // Whoever wrote it last may have lost the right to a third one.
        if (_lastWriters[page] is (> 0 and var writer, var retired) && writer - 1 != cpu.Index)
        {
            _line.Order(writer - 1, retired, cpu);
        }

        cpu.Grant(page, write ? PageRight.Write : PageRight.Read);
    }

    /// <inheritdoc/>
    protected override void Leaving()
    {
        if (_touched)
        {
            _touched = false;
            Volatile.Write(ref _deadline, Machine.NextDeadline);
        }
    }

    /// <inheritdoc/>
    protected override IEnumerable<(string What, long Times)> Counts() =>
        [.. base.Counts(), ("rights taken from others", _transitions), ("readings of the time", _timeReadings), ("waits for another one's tenure", _tenure.Waits), ("rights to write given for the asking to read", _tenure.Promotions), ("rights to read that were asked to write next", _tenure.Upgrades)];

    /// <inheritdoc/>
    public override void Touch()
    {
        if (Acting is not { } cpu)
        {
            return;
        }

        if (_lastToTouch is { } other && other != cpu)
        {
            _line.Extend(other, cpu);
        }

        _lastToTouch = cpu;
        _touched = true;
    }

    /// <inheritdoc/>
    public override void ReadTime()
    {
        Touch();
        if (Acting is not { } cpu || Seats[cpu.Index].TimeReadAt == cpu.State.Retired)
        {
            return;
        }

        Seats[cpu.Index].TimeReadAt = cpu.State.Retired;
        ulong now = _clock();
        if (now > Machine.Clock.Now)
        {
            _line.EndWith(cpu);
            SetTime(now);
            _timeReadings++;
        }
    }

    /// <inheritdoc/>
    public override void Wake(Vcpu cpu)
    {
        ArgumentNullException.ThrowIfNull(cpu);
        cpu.AskToStop();
        if (Seats[cpu.Index].Sleeps)
        {
            Seats[cpu.Index].Wake();
        }
    }

    /// <inheritdoc/>
    public override void Call() => _bell.Set();

    /// <inheritdoc/>
    protected override bool IsOver => _isOver || Machine.End != MachineEnd.None;

    /// <inheritdoc/>
    protected override void Held(Vcpu cpu)
    {
        if (Acting is { } waiting)
        {
            _line.Extend(cpu, waiting);
        }
        else
        {
            _line.Extend(cpu);
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _isOver = true;
        foreach (Seat seat in Seats)
        {
            seat.Cpu.Attention = true;
            seat.Cpu.AskToStop();
            seat.Wake();
        }

        base.Dispose(disposing);
        _bell.Dispose();
    }

    private bool Looks(Vcpu cpu) => (++Seats[cpu.Index].Looks & (VisitsBetweenLooks - 1)) == 0;

    private bool IsIdle => _hasBegun && Array.TrueForAll(Seats, seat => seat.Sleeps && !Machine.CanRun(seat.Cpu));

    // The life of a vCPU's thread.
    private void Live(Seat seat)
    {
        Take(seat.Cpu);
        try
        {
            while (!IsOver)
            {
                Advance(seat);
            }
        }
        catch (ReplayKitException failure)
        {
            Failure ??= failure;
            _isOver = true;
        }

        seat.Sleeps = true;
        _ = _bell.Set();
        Release();
    }

    private void Advance(Seat seat)
    {
        Vcpu cpu = seat.Cpu;
        if (cpu.HasActed)
        {
            seat.Engine.Run(cpu.State.Retired + 1);
        }
        else if (!Machine.CanRun(cpu))
        {
            Sleep(seat);
        }
        else if (Machine.DeliverDue(cpu))
        {
            // The line ends in its turn only now: what the delivery needed of others comes before.
            _line.EndWith(cpu);
            _line.Log(default(InterruptTaken));
        }
        else if (seat.Engine is Interpreter)
        {
            seat.Engine.Run(cpu.State.Retired + Portion);
            if (!cpu.HasActed)
            {
                Pass(cpu);
            }
        }
        else
        {
            seat.Engine.Run(ulong.MaxValue);
        }
    }

    private void Sleep(Seat seat)
    {
        seat.Sleeps = true;
        seat.FallAsleep();
        if (IsIdle)
        {
            _ = _bell.Set();
        }

        Release();
        seat.AwaitWake(IsCrowded ? 0 : Watches);
        Take(seat.Cpu);
        seat.Sleeps = false;

        // Who woke it may have started it.
        Touch();
    }
}
