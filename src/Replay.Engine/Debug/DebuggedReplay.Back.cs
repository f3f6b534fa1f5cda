using System.Collections.Immutable;
using Guest.Machine;
using Guest.Machine.X86;

namespace Replay.Engine.Debug;

/// <content>Backwards: by replaying what comes before, and noting the last place at which a condition held.</content>
public sealed partial class DebuggedReplay
{
    /// <summary>Goes to the place before this one.</summary>
    /// <exception cref="ReplayKitException">As <see cref="GoTo"/>.</exception>
    public DebugStop StepBack()
    {
        Moment here = Now;
        if (Before(here, IsAtEnd) is not { } before)
        {
            GoTo(Start);
            return new DebugStop(StopCause.Start);
        }

        GoTo(before);
        return new DebugStop(StopCause.Arrived);
    }

    /// <summary>Goes back to the last place before this one that is wanted, looking at every instruction; to the recording's start where there is none.</summary>
    /// <remarks>Looks at ten thousand instructions first, then at eight times as many, and so on.</remarks>
    /// <exception cref="ReplayKitException">As <see cref="GoTo"/>.</exception>
    public DebugStop StepBackTo(Func<Vcpu, bool> wanted)
    {
        const ulong First = 10_000, Growth = 8;
        Moment? here = IsAtEnd ? null : Now;
        ulong retired = Now.Retired;
        for (ulong window = First; ; window *= Growth)
        {
            ulong from = Math.Max(Start.Retired, retired - Math.Min(window, retired));
            GoBackTo(from);
            Moment? last = LastStep(wanted, here);
            if (last is not null || from == Start.Retired)
            {
                bool interrupted = TakeInterrupt();
                GoTo(interrupted ? here ?? new Moment(ulong.MaxValue) : last ?? Start);
                return new DebugStop(interrupted ? StopCause.Interrupted : last is null ? StopCause.Start : StopCause.Arrived);
            }
        }
    }

    /// <summary>Goes back to the last place before this one at which a condition held, or to the recording's start.</summary>
    /// <remarks>Replays the pieces between checkpoints, the last one first, <see cref="Jobs"/> of them at once, at the speed of <see cref="Continue"/>.</remarks>
    /// <exception cref="ReplayKitException">As <see cref="GoTo"/>.</exception>
    public DebugStop ContinueBack(Conditions conditions)
    {
        Moment? limit = IsAtEnd ? null : Now;
        (Moment At, DebugStop Stop)? found = null;
        foreach ((Moment At, DebugStop Stop)? last in LookThrough(Pieces(Now.Retired), conditions, (replay, piece, wanted) => replay.LastIn(piece, limit, wanted)))
        {
            found = last;
            if (found is not null || _interrupted)
            {
                break;
            }
        }

        if (TakeInterrupt())
        {
            found = (limit ?? new Moment(ulong.MaxValue), new DebugStop(StopCause.Interrupted));
        }

        GoTo(found?.At ?? Start);
        return found?.Stop ?? new DebugStop(StopCause.Start);
    }

    // The last place in a piece, before the limit, at which a condition holds. The last piece ends at the limit, where some instructions may be begun
    // several times: there every one is looked at.
    private (Moment At, DebugStop Stop)? LastIn(Piece piece, Moment? limit, Conditions conditions)
    {
        Seek(piece.From, anew: true);
        (Moment At, DebugStop Stop)? last = null;
        bool isDelivery = false;
        _watch.Begin(conditions.Watchpoints, access =>
        {
            if (IsWanted(conditions))
            {
                // What the delivery of an interrupt or exception stores comes before the instruction at which the vCPU stands then.
                isDelivery = Cpu.State.Rip == Cpu.State.InstructionStart;
                last = (Now, new DebugStop(StopCause.Watchpoint, access.Point));
            }
        });
        bool Note(Vcpu cpu)
        {
            Moment now = Moment.Of(cpu);
            bool ends = _interrupted || now >= limit;
            if (!ends && IsBreakpoint(cpu, conditions))
            {
                last = (now, new DebugStop(StopCause.Breakpoint));
            }

            return ends;
        }

        Position? end = piece.To ?? (limit is { } moment ? new Position(0, moment.Retired) : null);
        bool ended = Run(Note, everywhere: false, conditions.Breakpoints, end);
        if (!ended && piece.To is null && limit is not null)
        {
            _ = Run(Note, everywhere: true, []);
        }

        _watch.End();
        return last is { } found && isDelivery && found.Stop.Cause == StopCause.Watchpoint ? (Before(found.At, false) ?? Start, found.Stop) : last;
    }

    // The last wanted place from here up to a limit.
    private Moment? LastStep(Func<Vcpu, bool> wanted, Moment? limit)
    {
        Moment? last = null;
        _ = Run(
            cpu =>
            {
                Moment now = Moment.Of(cpu);
                bool ends = _interrupted || now >= limit;
                last = !ends && wanted(cpu) ? now : last;
                return ends;
            },
            everywhere: true,
            []);
        return _interrupted ? Start : last;
    }

    // The place before another one; null for the first.
    private Moment? Before(Moment moment, bool isEnd)
    {
        if (moment.Tries > 0 && !isEnd)
        {
            return moment with { Tries = moment.Tries - 1 };
        }

        if (moment.Retired == Start.Retired)
        {
            return null;
        }

        GoBackTo(moment.Retired - 1);
        Moment? last = null;
        _ = Run(
            cpu =>
            {
                Moment now = Moment.Of(cpu);
                bool arrived = !isEnd && now >= moment;
                last = arrived ? last : now;
                return arrived;
            },
            everywhere: true,
            []);
        return last;
    }

    // Stands at a position with nothing applied that is due there, from wherever the replay is.
    private void GoBackTo(ulong retired)
    {
        Position target = new(0, retired);
        if (_replayer.CanTakeOver)
        {
            _anchor.Lend(_replayer, retired);
            Seek(target);
        }
        else
        {
            Seek(target, anew: true);
        }
    }
}
