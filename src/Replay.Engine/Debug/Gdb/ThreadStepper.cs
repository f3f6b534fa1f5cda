using System.Collections.Immutable;
using Guest.Linux.Tasks;
using Guest.Machine;
using Guest.Machine.X86;

namespace Replay.Engine.Debug.Gdb;

/// <summary>Steps one thread: what runs between two of its instructions in user mode, the kernel and other threads, is no part of it; between two of a vCPU's, other vCPUs are none.</summary>
/// <remarks>A thread that stands in the kernel is stepped there. A breakpoint of gdb's on the way stops it.</remarks>
/// <param name="replay">The replay.</param>
/// <param name="guest">The guest.</param>
internal sealed class ThreadStepper(DebuggedReplay replay, GuestView guest)
{
    // Behind so many instructions it is worth running to the next switch of tasks.
    private const ulong Near = 200_000;
    private const ulong TaskPointerBytes = 8;

    /// <summary>Executes instructions until a thread has done one, and as long as it stays in a range.</summary>
    /// <param name="thread">The thread.</param>
    /// <param name="isInside">Whether it goes on at an address; null for one instruction.</param>
    /// <param name="conditions">What stops on the way.</param>
    internal DebugStop Step(DebuggedThread thread, Func<ulong, bool>? isInside, Conditions conditions)
    {
        Func<Vcpu, bool> isThere = IsThere(thread);
        while (true)
        {
            ulong limit = replay.Now.Retired + Near;
            DebugStop stop = replay.StepWhile(cpu => Moment.Of(cpu).Retired < limit && !(isThere(cpu) && isInside?.Invoke(cpu.State.Rip) != true), conditions);
            if (stop.Cause != StopCause.Arrived || isThere(replay.Cpu))
            {
                return stop;
            }

            if (thread.Task is { } task && !Runs(task) && RunToSwitch(task, conditions) is { } other)
            {
                return other;
            }

            if (isThere(replay.Cpu))
            {
                return new DebugStop(StopCause.Arrived);
            }
        }
    }

    /// <summary>Goes back to the last instruction that a thread had begun before.</summary>
    internal DebugStop StepBack(DebuggedThread thread) =>
        thread.Task is null && replay.Machine.Cpus.Count == 1 ? replay.StepBack() : replay.StepBackTo(IsThere(thread));

    private Func<Vcpu, bool> IsThere(DebuggedThread thread)
    {
        if (thread.Task is not { } task)
        {
            return cpu => cpu == thread.Cpu;
        }

        bool fromUser = thread.Cpu is null || thread.Cpu.State.Cpl == 3;
        return cpu => (!fromUser || cpu.State.Cpl == 3) && guest.IsCurrent(task, cpu);
    }

    private bool Runs(GuestTask task) => replay.Machine.Cpus.Any(cpu => guest.IsCurrent(task, cpu));

    // Null where the kernel says that the thread runs now; else why the replay stopped before.
    private DebugStop? RunToSwitch(GuestTask task, Conditions conditions)
    {
        ImmutableArray<Watchpoint> pointers =
            [.. replay.Machine.Cpus.Select(guest.CurrentTaskPlace).OfType<GuestVirtual>().Select(place => new Watchpoint(place, TaskPointerBytes, WatchKind.Write))];
        DebugStop stop = replay.Continue(conditions with
        {
            Watchpoints = [.. conditions.Watchpoints, .. pointers],
            Applies = cpu => guest.IsCurrent(task, cpu) || conditions.Applies?.Invoke(cpu) != false,
        });
        return stop.Cause == StopCause.Watchpoint && stop.Watched is { } watched && pointers.Contains(watched) ? null : stop;
    }
}
