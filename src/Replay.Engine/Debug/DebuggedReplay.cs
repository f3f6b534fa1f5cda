using System.Collections.Immutable;
using Guest.Machine;
using Guest.Machine.Board;
using Guest.Machine.Devices;
using Guest.Machine.X86;
using Replay.Log;

namespace Replay.Engine.Debug;

/// <summary>A replay that goes forwards and backwards by instructions, and stops at breakpoints and watchpoints in both directions.</summary>
/// <remarks>
/// It always stands where an instruction is about to begin (<see cref="Moment"/>). Nothing that is done here can change the guest. For one thread, but
/// for <see cref="Interrupt"/>.
/// </remarks>
public sealed partial class DebuggedReplay : IDisposable
{
    private readonly RecordingFolder _recording;
    private readonly Replayer _replayer;
    private readonly InstructionStops _stops;
    private readonly AccessWatch _watch;
    private readonly ReplayAnchor _anchor;
    private Func<Vcpu, bool> _decide = _ => false;
    private volatile bool _interrupted;
    private bool _stopped;

    /// <summary>Opens a recording and stands at the first instruction of a position.</summary>
    /// <param name="recording">The recording.</param>
    /// <param name="console">Where the guest's console output goes; not on the way to somewhere, so that going back and forth prints nothing twice by itself.</param>
    /// <param name="at">The position.</param>
    /// <param name="progress">Called now and then on the way there, with the instructions retired.</param>
    /// <exception cref="ReplayKitException">The recording is damaged, or the replay left it.</exception>
    public DebuggedReplay(RecordingFolder recording, IConsoleOutput console, Position at, Action<ulong>? progress = null)
    {
        _recording = recording;
        _replayer = new Replayer(recording, console, from: at);
        _stops = new InstructionStops(cpu => _stopped = _decide(cpu));
        _watch = new AccessWatch(Machine.Cpus);
        _anchor = new ReplayAnchor(recording);
        _replayer.Advanced = machine => progress?.Invoke(machine.Position.Retired);
        Seek(at);
        _replayer.Advanced = _ => LookForInterrupt();
        RunTo(new Moment(at.Retired));
    }

    /// <summary>The machine.</summary>
    public VirtualMachine Machine => _replayer.Machine;

    /// <summary>The vCPU in turn: the one that is about to begin an instruction.</summary>
    public Vcpu Cpu => Machine.Cpu;

    /// <summary>Where it stands.</summary>
    public Moment Now => Moment.Of(Cpu);

    /// <summary>Whether the recording ends here: there is no next instruction.</summary>
    public bool IsAtEnd { get; private set; }

    /// <summary>The recording's folder.</summary>
    public string Path => _recording.Path;

    /// <summary>The file that has the guest's console text of the whole recording; there may be none.</summary>
    public string ConsoleLog => System.IO.Path.Combine(_recording.Path, "console.log");

    /// <summary>Where the recording begins.</summary>
    public Moment Start => new(_replayer.Start.Retired);

    /// <summary>Asks a replay that runs to stop soon. From any thread; where nothing runs, the next run stops at once.</summary>
    public void Interrupt()
    {
        _interrupted = true;
        foreach (DebuggedReplay scout in _scouts)
        {
            scout.Interrupt();
        }
    }

    /// <summary>Forgets an <see cref="Interrupt"/> that came too late.</summary>
    public void ForgetInterrupt() => _interrupted = false;

    /// <summary>Goes to a moment, forward or back; behind the end it is the end.</summary>
    /// <remarks>Costs at most a replay from the checkpoint before it; near the present place some milliseconds.</remarks>
    /// <exception cref="ReplayKitException">The replay left the recording, or the recording is damaged.</exception>
    public void GoTo(Moment target)
    {
        if (target < Now || IsAtEnd)
        {
            GoBackTo(target.Retired);
        }
        else if (target.Retired > Now.Retired)
        {
            Seek(new Position(0, target.Retired));
        }

        RunTo(target);
    }

    /// <summary>Executes one instruction: the next place is where it has retired, or where the handler of its fault begins.</summary>
    /// <exception cref="ReplayKitException">As <see cref="GoTo"/>.</exception>
    public DebugStop Step()
    {
        Moment start = Now;
        return Run(cpu => Moment.Of(cpu) > start, everywhere: true, []) ? new DebugStop(StopCause.Arrived) : End();
    }

    /// <summary>Runs on until a condition holds, or to the recording's end.</summary>
    /// <exception cref="ReplayKitException">As <see cref="GoTo"/>.</exception>
    public DebugStop Continue(Conditions conditions)
    {
        Moment start = Now;
        DebugStop stop = default;
        DebugStop? watched = null;
        _watch.Begin(conditions.Watchpoints, access =>
        {
            watched ??= IsWanted(conditions) ? new DebugStop(StopCause.Watchpoint, access.Point, Cpu) : null;
            StopAtNext(watched is not null);
        });
        bool stopped = Run(
            cpu =>
            {
                stop = Moment.Of(cpu) <= start ? default : Why(cpu, conditions, watched);
                return stop.Cause != StopCause.Arrived;
            },
            everywhere: false,
            conditions.Breakpoints);
        _watch.End();
        _interrupted = false;
        return stopped ? stop : End();
    }

    /// <summary>The recording to its end, instruction by instruction, as long as a condition holds for the place at hand and no breakpoint stands there.</summary>
    /// <param name="inside">Called before each instruction but the first; false stops.</param>
    /// <param name="conditions">Its breakpoints stop too; its watchpoints do not.</param>
    /// <exception cref="ReplayKitException">As <see cref="GoTo"/>.</exception>
    public DebugStop StepWhile(Func<Vcpu, bool> inside, Conditions? conditions = null)
    {
        Moment start = Now;
        conditions ??= Conditions.None;
        bool isBreakpoint = false;
        bool stopped = Run(
            cpu =>
            {
                bool isNext = Moment.Of(cpu) > start;
                isBreakpoint = isNext && IsBreakpoint(cpu, conditions);
                return isNext && (_interrupted || isBreakpoint || !inside(cpu));
            },
            everywhere: true,
            []);
        return !stopped ? End() : new DebugStop(TakeInterrupt() ? StopCause.Interrupted : isBreakpoint ? StopCause.Breakpoint : StopCause.Arrived);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (DebuggedReplay scout in _scouts)
        {
            scout.Dispose();
        }

        _anchor.Dispose();
        _replayer.Dispose();
    }

    private DebugStop End()
    {
        IsAtEnd = true;
        return new DebugStop(StopCause.End);
    }

    private DebugStop Why(Vcpu cpu, Conditions conditions, DebugStop? watched) =>
        watched ?? new DebugStop(IsBreakpoint(cpu, conditions) ? StopCause.Breakpoint : TakeInterrupt() ? StopCause.Interrupted : StopCause.Arrived);

    private bool IsBreakpoint(Vcpu cpu, Conditions conditions) => conditions.Breakpoints.BinarySearch(cpu.LinearPc) >= 0 && IsWanted(conditions);

    private bool IsWanted(Conditions conditions) => conditions.Applies is not { } applies || applies(Cpu);

    // Runs until the next instruction for which the condition holds; false where it comes to a position, or to the recording's end, before.
    private bool Run(Func<Vcpu, bool> decide, bool everywhere, ImmutableArray<ulong> places, Position? to = null)
    {
        IsAtEnd = false;
        _decide = decide;
        _stopped = false;
        _stops.Everywhere = everywhere;
        _stops.Places = places;
        Machine.StopBefore(_stops);
        try
        {
            _replayer.Run(to);
        }
        finally
        {
            Machine.StopBefore(null);
        }

        return _stopped;
    }

    private void RunTo(Moment target)
    {
        if (!Run(cpu => Moment.Of(cpu) >= target, everywhere: true, []))
        {
            IsAtEnd = true;
        }
    }

    private void StopAtNext(bool wanted)
    {
        if (wanted)
        {
            _stops.Everywhere = true;
            Cpu.EndBlock();
        }
    }

    private void LookForInterrupt()
    {
        if (_interrupted && !_stops.Everywhere)
        {
            StopAtNext(wanted: true);
        }
    }

    private bool TakeInterrupt()
    {
        bool interrupted = _interrupted;
        _interrupted = false;
        return interrupted;
    }

    private void Seek(Position target, bool anew = false) => _replayer.SeekTo(target, anew);
}
