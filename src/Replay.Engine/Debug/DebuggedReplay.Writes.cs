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
        Conditions writes = conditions with { Watchpoints = [point with { Kind = WatchKind.Write }], Breakpoints = [] };
        return List<SeenWrite>(isBefore, most, writes, (replay, wanted, add) => replay._watch.Begin(wanted.Watchpoints, access =>
        {
            if (replay.IsWanted(wanted))
            {
                add(new SeenWrite(replay.Now, new GuestVirtual(replay.Cpu.State.InstructionStart), access.Address, access.Size, access.Value));
            }
        }));
    }

    /// <summary>The writes to some bytes of RAM in the order of time: by whatever mapping, by devices, and the processor's own. The replay then stands where it stood.</summary>
    /// <remarks>As <see cref="Writes"/>; of whatever process.</remarks>
    /// <param name="address">The first byte.</param>
    /// <param name="length">Their number; all of it is RAM.</param>
    /// <param name="isBefore">Whether only what came before this place is asked for.</param>
    /// <param name="most">The most that are wanted: the last ones.</param>
    /// <exception cref="ReplayKitException">As <see cref="GoTo"/>.</exception>
    public IReadOnlyList<SeenRamWrite> WritesToRam(GuestPhysical address, ulong length, bool isBefore, int most) => List<SeenRamWrite>(
        isBefore, most, Conditions.None, (replay, _, add) => replay.Machine.Memory.WatchWrites(new RamWatch(() => replay.Cpu, address, length, add), address, length));

    private List<T> List<T>(bool isBefore, int most, Conditions conditions, Action<DebuggedReplay, Conditions, Action<T>> watch)
    {
        Moment here = Now;
        bool wasAtEnd = IsAtEnd;
        Moment? limit = isBefore && !wasAtEnd ? here : null;
        List<T> seen = [];
        foreach (Queue<T> some in LookThrough(Pieces(limit?.Retired ?? ulong.MaxValue), conditions, (replay, piece, wanted) => replay.Collect<T>(piece, limit, most, add => watch(replay, wanted, add))))
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

    // The last ones that are told of in a piece.
    private Queue<T> Collect<T>(Piece piece, Moment? limit, int most, Action<Action<T>> watch)
    {
        Queue<T> seen = [];
        Seek(piece.From, anew: true);
        watch(write =>
        {
            seen.Enqueue(write);
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
        Machine.Memory.WatchWrites(null, default, 0);
        return seen;
    }
}
