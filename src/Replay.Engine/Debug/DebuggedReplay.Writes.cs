using Guest.Machine;
using Guest.Machine.X86;

namespace Replay.Engine.Debug;

/// <content>Who wrote what.</content>
public sealed partial class DebuggedReplay
{
    /// <summary>The stores to some bytes of linear memory in the order of time. The replay then stands where it stood.</summary>
    /// <remarks>
    /// Replays pieces between checkpoints, the last one first, until there are enough, at the speed of <see cref="ContinueBack"/>. Stores of devices are
    /// none of the vCPU's and are not seen.
    /// </remarks>
    /// <param name="point">The bytes.</param>
    /// <param name="isBefore">Whether only what came before this place is asked for.</param>
    /// <param name="most">The most that are wanted: the last ones.</param>
    /// <param name="conditions">Whether a store counts where the vCPU stands.</param>
    /// <exception cref="ReplayKitException">As <see cref="GoTo"/>.</exception>
    public IReadOnlyList<SeenWrite> Writes(Watchpoint point, bool isBefore, int most, Conditions conditions)
    {
        Moment here = Now;
        bool wasAtEnd = IsAtEnd;
        Moment? limit = isBefore && !wasAtEnd ? here : null;
        List<SeenWrite> seen = [];
        Conditions writes = conditions with { Watchpoints = [point with { Kind = WatchKind.Write }], Breakpoints = [] };
        foreach (IReadOnlyCollection<SeenWrite> some in LookThrough(Pieces(limit?.Retired ?? ulong.MaxValue), writes, (replay, piece, wanted) => replay.WritesIn(piece, limit, most, wanted)))
        {
            seen.InsertRange(0, some);
            if (seen.Count >= most || _interrupted)
            {
                break;
            }
        }

        _interrupted = false;
        GoTo(wasAtEnd ? new Moment(ulong.MaxValue) : here);
        return seen[^Math.Min(most, seen.Count)..];
    }

    private Queue<SeenWrite> WritesIn(Piece piece, Moment? limit, int most, Conditions conditions)
    {
        Queue<SeenWrite> seen = [];
        Seek(piece.From, anew: true);
        _watch.Begin(conditions.Watchpoints, access =>
        {
            if (!IsWanted(conditions))
            {
                return;
            }

            seen.Enqueue(new SeenWrite(Now, new GuestVirtual(Cpu.State.InstructionStart), access.Address, access.Size, access.Value));
            if (seen.Count > most)
            {
                seen.Dequeue();
            }
        });
        bool ended = Run(_ => _interrupted, everywhere: false, [], piece.To ?? (limit is { } moment ? new Position(0, moment.Retired) : null));
        if (!ended && piece.To is null && limit is not null)
        {
            _ = Run(cpu => Moment.Of(cpu) >= limit, everywhere: true, []);
        }

        _watch.End();
        return seen;
    }
}
