using Guest.Linux;
using Guest.Linux.Tasks;
using Guest.Linux.Types;
using Guest.Machine;
using Guest.Machine.X86;
using Replay.Engine.Observe;

namespace Analysis.Plugins.Timeline;

/// <summary>Sees the scheduler's functions.</summary>
/// <param name="guest">The guest.</param>
/// <param name="found">Takes the events.</param>
internal sealed class TimelineWatch(ObservedGuest guest, Action<TimelineEvent> found)
{
    private LinuxKernel? _kernel;
    private KernelPath? _state;

    /// <summary>Subscribes.</summary>
    internal void Subscribe(IInstrumentation on)
    {
        on.KernelFunction("__switch_to", Switching);
        on.KernelFunction("try_to_wake_up", Waking);
        on.KernelFunction("wake_up_new_task", (in occurred) => Add(occurred, TimelineKind.Fork, occurred.Vcpu.State.Rdi));
        on.KernelFunction("__set_task_comm", Renaming);
        on.KernelFunction("do_exit", (in occurred) => Add(occurred, TimelineKind.Exit, null));
    }

    // __switch_to(prev, next)
    private void Switching(in TransferEvent occurred)
    {
        ref CpuState state = ref occurred.Vcpu.State;
        if (guest.Look(occurred.Vcpu)?.Tasks is { } tasks && tasks.Read(new GuestVirtual(state.Rdi)) is { } from && tasks.Read(new GuestVirtual(state.Rsi)) is { } to)
        {
            Add(occurred, TimelineKind.Switch, ThreadName.Of(from), ThreadName.Of(to));
        }
    }

    // try_to_wake_up(task, states, flags) does nothing to a task that is in none of the states.
    private void Waking(in TransferEvent occurred)
    {
        ref CpuState state = ref occurred.Vcpu.State;
        if (Find(occurred.Vcpu) is { } kernel && _state!.TryRead(kernel.Memory, new GuestVirtual(state.Rdi), out ulong now) && ((uint)now & (uint)state.Rsi) != 0)
        {
            Add(occurred, TimelineKind.Wakeup, state.Rdi);
        }
    }

    // __set_task_comm(task, name, exec)
    private void Renaming(in TransferEvent occurred)
    {
        ref CpuState state = ref occurred.Vcpu.State;
        if (guest.Look(occurred.Vcpu) is { } kernel && kernel.Tasks.Current(occurred.Vcpu) is { } running && kernel.Tasks.Read(new GuestVirtual(state.Rdi)) is { } task
            && Guest.Linux.Memory.VirtualMemoryReads.ReadText(kernel.Memory, new GuestVirtual(state.Rsi), 15) is { } name)
        {
            Add(occurred, TimelineKind.Rename, ThreadName.Of(running), ThreadName.Of(task) with { Name = name });
        }
    }

    private void Add(in TransferEvent occurred, TimelineKind kind, ulong? other)
    {
        if (guest.Look(occurred.Vcpu)?.Tasks is { } tasks && tasks.Current(occurred.Vcpu) is { } running)
        {
            GuestTask? task = other is { } address ? tasks.Read(new GuestVirtual(address)) : running;
            if (task is not null)
            {
                Add(occurred, kind, ThreadName.Of(running), ThreadName.Of(task));
            }
        }
    }

    private void Add(in TransferEvent occurred, TimelineKind kind, ThreadName running, ThreadName other) =>
        found(new TimelineEvent(kind, occurred.Vcpu.Index, occurred.Order, GuestTime.NanosecondsOf(guest.Machine), running, other));

    private LinuxKernel? Find(Vcpu vcpu)
    {
        LinuxKernel? kernel = guest.Look(vcpu);
        if (kernel is not null && kernel != _kernel)
        {
            _kernel = kernel;
            _state = KernelPath.Of(kernel.Types, kernel.Types.TryField("task_struct", "__state", out _) ? "task_struct.__state" : "task_struct.state");
        }

        return kernel;
    }
}
