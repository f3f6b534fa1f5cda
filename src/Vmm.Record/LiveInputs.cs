using Guest.Machine;
using Guest.Machine.Board;
using Guest.Machine.X86.HostCode;
using Replay.Log;
using Replay.Log.Records;
using Replay.Multicore;
using Vmm.Record.BackEnds;
using Vmm.Record.Control;

namespace Vmm.Record;

/// <summary>The live world as a source of inputs: the host's clock, the console, the back ends of devices, the user's wish to stop. Each is logged as it is applied.</summary>
internal sealed class LiveInputs : IInputSource
{
    private const ulong PollNanoseconds = 1_000_000;
    private const ulong FlushNanoseconds = 500_000_000;
    private const ulong LongestSleep = 50_000_000;

    private readonly ConsoleQueue _console;
    private readonly LiveBackEnds _backEnds;
    private readonly RunLimits _limits;
    private readonly LogTarget _target;
    private readonly HashSchedule _hashes;
    private readonly HostClock _clock;
    private readonly ClockFollower _follower = new();
    private readonly bool _followsHost;
    private readonly ulong _begin;
    private ulong _quantum = 20_000;
    private ulong _lastPoll;
    private ulong _lastFlush;

    internal LiveInputs(VirtualMachine machine, ConsoleQueue console, LiveBackEnds backEnds, RunLimits limits, LogTarget target, HashSchedule hashes)
    {
        _console = console;
        _backEnds = backEnds;
        _limits = limits;
        _target = target;
        _hashes = hashes;
        _begin = machine.Clock.Now;
        _clock = new HostClock(_begin);
        _lastPoll = _begin;
        _lastFlush = _begin;
        _followsHost = machine.Description.ClockMode == ClockMode.Host;
    }

    /// <summary>Why the run ended.</summary>
    internal EndReason Reason { get; private set; }

    /// <summary>What is done where the machine stands still; null for nothing.</summary>
    internal StillMoments? Still { get; init; }

    /// <summary>Called about a thousand times a second with the present position (progress, console output).</summary>
    internal Action<VirtualMachine>? Polled { get; set; }

    /// <summary>Serves those who control the machine from outside; null for nobody.</summary>
    internal MachineControl? Control { get; init; }

    /// <summary>What runs the vCPUs at once; null where they take turns.</summary>
    internal ParallelRun? Parallel { get; set; }

    /// <summary>The guest's time if it is the host's; from any thread.</summary>
    internal ulong Now => _clock.Nanoseconds;

    private NewRecording? _recording => _target.Recording;

    /// <inheritdoc/>
    public bool StopsInRep => true;

    /// <inheritdoc/>
    public Position NextStop(VirtualMachine machine)
    {
        ulong due = _backEnds.Due;
        machine.AwaitsInput = due != ulong.MaxValue;
        ulong next = Math.Min(machine.Position.Retired + _quantum, Math.Max(due, machine.Position.Retired));
        next = Math.Min(next, _limits.Instructions ?? ulong.MaxValue);
        return new Position(0, _recording is null ? next : Math.Min(next, _hashes.NextStop));
    }

    /// <inheritdoc/>
    public bool Apply(VirtualMachine machine, RunStop stop)
    {
        if (stop == RunStop.Ended)
        {
            return EndWith(machine, Words(machine.End));
        }

        if (stop == RunStop.Idle)
        {
            Still?.Look(machine, _clock.Nanoseconds, idle: true);
        }

        if (stop == RunStop.Idle && !WaitIdle(machine))
        {
            return EndWith(machine, EndReason.HaltedForever);
        }

        ulong host = _clock.Nanoseconds;
        Still?.Look(machine, host, stop == RunStop.Idle);
        NoteHash(machine);
        NoteVendor(machine);
        ApplyTime(machine, stop, host);
        ApplyConsole(machine);
        _backEnds.Apply(machine, stop == RunStop.Idle, _recording?.Log);
        Still?.Applied(machine);
        AdaptQuantum(host, stop);
        Polled?.Invoke(machine);
        Flush(machine, host);
        _target.DropFull(machine);
        Pause(machine);
        return GoesOn(machine, _clock.Nanoseconds);
    }

    private bool GoesOn(VirtualMachine machine, ulong host)
    {
        EndReason reason = _console.StopRequested ? EndReason.Stopped
            : machine.Position.Retired >= (_limits.Instructions ?? ulong.MaxValue) ? EndReason.InstructionLimit
            : host >= TimeLimit ? EndReason.TimeLimit
            : EndReason.None;
        return reason == EndReason.None || EndWith(machine, reason);
    }

    // The guest's clock stands too.
    private void Pause(VirtualMachine machine)
    {
        ulong begin = _clock.Nanoseconds;
        bool wasPaused = false;
        while (Control is { IsPaused: true } control && !_console.StopRequested)
        {
            wasPaused = true;
            Flush(machine, _clock.Nanoseconds);
            _console.Bell.Wait(TimeSpan.FromTicks((long)LongestSleep / 100));
            control.Serve(machine);
        }

        if (wasPaused)
        {
            _clock.Skip(_clock.Nanoseconds - begin);
            _lastFlush = Math.Min(_lastFlush, _clock.Nanoseconds);
        }
    }

    private bool EndWith(VirtualMachine machine, EndReason reason)
    {
        Reason = reason;
        if (_recording is not null)
        {
            NoteVendor(machine);
            _recording.Log.Append(machine.Position, new StateHash([.. machine.HashState()]));
            _recording.Log.Append(machine.Position, new End(reason));
        }

        return false;
    }

    // Sleeps until the guest's next timer, an input or the user's wish to stop. False: nothing can ever wake it.
    private bool WaitIdle(VirtualMachine machine)
    {
        bool hasTimer = machine.NextDeadline != ulong.MaxValue;
        if (!hasTimer && NothingWakes)
        {
            return false;
        }

        Polled?.Invoke(machine);
        while (!_console.StopRequested && _console.Peek().Length == 0 && !HasSize(machine) && !_backEnds.HaveInput && !machine.AwaitsInput && Control is not { HasRequest: true })
        {
            ulong host = _clock.Nanoseconds;
            ulong until = Math.Min(_followsHost && hasTimer ? machine.NextDeadline : ulong.MaxValue, TimeLimit);
            if (host >= until)
            {
                break;
            }

            Flush(machine, host);
            _console.Bell.Wait(TimeSpan.FromTicks((long)(Math.Min(until - host, LongestSleep) / 100) + 1));
            if (!hasTimer && NothingWakes)
            {
                return false;
            }
        }

        return true;
    }

    private bool HasSize(VirtualMachine machine) => machine.Board.VirtioConsole is not null && _console.HasSize;

    private bool NothingWakes => _console.IsExhausted && _limits.Time is null && !_backEnds.CanWake;

    private ulong TimeLimit => _limits.Time is { } time ? _begin + ((ulong)time.Ticks * 100) : ulong.MaxValue;

    private void ApplyTime(VirtualMachine machine, RunStop stop, ulong host)
    {
        if (Parallel is not null)
        {
            // Who needs the time reads it; here it only has to make timers due.
            if (host >= machine.NextDeadline)
            {
                Parallel.SetTime(Math.Max(host, machine.Clock.Now));
            }

            return;
        }

        if (!_followsHost)
        {
            return;
        }

        TimeAnchor? anchor = stop == RunStop.Idle ? _follower.AfterIdling(machine, host) : _follower.AfterRunning(machine, host);
        if (anchor is { } due)
        {
            _recording?.Log.Append(machine.Position, due);
            machine.ApplyAnchor(due.Tsc, due.Rate);
        }
    }

    private void ApplyConsole(VirtualMachine machine)
    {
        ApplyConsoleSize(machine);
        byte[] typed = _console.Peek();
        if (typed.Length == 0)
        {
            return;
        }

        Position at = machine.Position;
        int taken = machine.ApplyConsole(typed);
        if (taken > 0)
        {
            _recording?.Log.Append(at, new ConsoleInput(typed.AsSpan(0, taken)));
            _console.Take(taken);
        }
    }

    private void ApplyConsoleSize(VirtualMachine machine)
    {
        if (machine.Board.VirtioConsole is { } console && _console.TakeSize() is { } size && size != (console.Columns, console.Rows))
        {
            _recording?.Log.Append(machine.Position, new ConsoleSize(size.Columns, size.Rows));
            machine.ApplyConsoleSize(size.Columns, size.Rows);
        }
    }

    // A hash stands before the inputs of its position: it describes the state in which nothing due there has been applied.
    private void NoteHash(VirtualMachine machine)
    {
        ulong retired = machine.Position.Retired;
        if (_recording is not null && machine.Position.RepCount is null && _hashes.IsDue(retired, _clock.Nanoseconds))
        {
            ulong before = HostClock.ProcessorNanoseconds;
            _recording.Log.Append(machine.Position, new StateHash([.. machine.HashState()]));
            _hashes.Noted(retired, _clock.Nanoseconds, HostClock.ProcessorNanoseconds - before);
        }
    }

    private void NoteVendor(VirtualMachine machine)
    {
        if (_recording is not null && !_target.IsVendorNoted && machine.VendorDependentUsed)
        {
            _recording.Log.Append(machine.Position, new HostVendor(System.Text.Encoding.ASCII.GetBytes(HostFeatures.Vendor)));
            _target.IsVendorNoted = true;
        }
    }

    private void AdaptQuantum(ulong host, RunStop stop)
    {
        ulong elapsed = Math.Max(1, host - _lastPoll);
        _lastPoll = host;
        if (stop == RunStop.Reached)
        {
            double wanted = _quantum * ((double)PollNanoseconds / elapsed);
            _quantum = (ulong)Math.Clamp(wanted, Math.Max(1000, _quantum / 2.0), Math.Min(10_000_000, _quantum * 2.0));
        }
    }

    private void Flush(VirtualMachine machine, ulong host)
    {
        if (_recording is not null && (host - _lastFlush >= FlushNanoseconds || _backEnds.HoldsOutput))
        {
            _lastFlush = host;
            _recording.Flush(machine.Position);
            _backEnds.Release();
        }
        else if (_recording is null)
        {
            _backEnds.Release();
        }
    }

    private static EndReason Words(MachineEnd end) => end switch
    {
        MachineEnd.PowerOff => EndReason.PowerOff,
        MachineEnd.Reset => EndReason.Reset,
        MachineEnd.Panicked => EndReason.GuestPanicked,
        _ => EndReason.TripleFault,
    };
}
