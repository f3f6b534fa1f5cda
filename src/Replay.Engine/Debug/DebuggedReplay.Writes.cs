using Guest.Machine;
using Guest.Machine.X86;

namespace Replay.Engine.Debug;

/// <content>Who wrote what.</content>
public sealed partial class DebuggedReplay
{
    /// <summary>The stores to some bytes of linear memory in the order of time. The replay then stands where it stood.</summary>
    /// <remarks>Replays what it looks at, at the speed of <see cref="Continue"/>. Stores of devices are none of the vCPU's and are not seen.</remarks>
    /// <param name="point">The bytes.</param>
    /// <param name="isBefore">Whether only what came before this place is asked for.</param>
    /// <param name="most">The most that are kept: the last ones.</param>
    /// <param name="applies">Whether a store counts where the vCPU stands; null where every one does.</param>
    /// <exception cref="ReplayKitException">As <see cref="GoTo"/>.</exception>
    public IReadOnlyList<SeenWrite> Writes(Watchpoint point, bool isBefore, int most, Func<Vcpu, bool>? applies = null)
    {
        Moment here = Now;
        bool wasAtEnd = IsAtEnd;
        Moment? limit = isBefore && !wasAtEnd ? here : null;
        Queue<SeenWrite> seen = [];
        Seek(_replayer.Start, anew: true);
        _watch.Begin([point with { Kind = WatchKind.Write }], access =>
        {
            if (applies?.Invoke(Cpu) == false)
            {
                return;
            }

            seen.Enqueue(new SeenWrite(Now, new GuestVirtual(Cpu.State.InstructionStart), access.Address, access.Size, access.Value));
            if (seen.Count > most)
            {
                seen.Dequeue();
            }
        });
        bool ended = Run(_ => _interrupted, everywhere: false, [], limit is { } moment ? new Position(0, moment.Retired) : null);
        if (!ended && limit is not null)
        {
            _ = Run(cpu => Moment.Of(cpu) >= limit, everywhere: true, []);
        }

        _watch.End();
        _interrupted = false;
        GoTo(wasAtEnd ? new Moment(ulong.MaxValue) : here);
        return [.. seen];
    }
}
