using Analysis.Plugins.Timeline;
using Guest.Linux.Memory;
using Guest.Machine;
using Guest.Machine.X86;
using Replay.Engine.Observe;

namespace Analysis.Plugins;

/// <summary>Which thread each vCPU ran when, for events that are handed over later than they happen.</summary>
internal sealed class ThreadLog
{
    private const int MostName = 15;
    private readonly List<List<(ulong Order, ThreadName? Thread)>> _byVcpu = [];
    private readonly List<int> _at = [];
    private ObservedGuest? _guest;

    /// <summary>Begins to watch the switches of threads.</summary>
    internal void Subscribe(IInstrumentation on)
    {
        _guest = on.Guest;
        on.KernelFunction("__switch_to", Switching);
        on.KernelFunction("__set_task_comm", Renaming);
        foreach (Vcpu vcpu in _guest.Machine.Cpus)
        {
            _at.Add(0);
            _byVcpu.Add([(0, _guest.Look(vcpu)?.Tasks.Current(vcpu) is { } task ? ThreadName.Of(task) : null)]);
        }
    }

    /// <summary>The thread that a vCPU ran; null where that is not known. To be asked in the order of events.</summary>
    internal ThreadName? At(int vcpu, ulong order)
    {
        List<(ulong Order, ThreadName? Thread)> log = _byVcpu[vcpu];
        int at = _at[vcpu];
        while (at + 1 < log.Count && log[at + 1].Order <= order)
        {
            at++;
        }

        _at[vcpu] = at;
        return log[at].Thread;
    }

    // __set_task_comm(task, name, exec)
    private void Renaming(in TransferEvent occurred)
    {
        ref CpuState state = ref occurred.Vcpu.State;
        if (_guest!.Look(occurred.Vcpu) is { } kernel && kernel.Tasks.Current(occurred.Vcpu) is { } task && task.Address.Value == state.Rdi
            && kernel.Memory.ReadText(new GuestVirtual(state.Rsi), MostName) is { } name)
        {
            _byVcpu[occurred.Vcpu.Index].Add((occurred.Order, ThreadName.Of(task) with { Name = name }));
        }
    }

    // __switch_to(prev, next)
    private void Switching(in TransferEvent occurred)
    {
        if (_guest!.Look(occurred.Vcpu)?.Tasks.Read(new GuestVirtual(occurred.Vcpu.State.Rsi)) is { } task)
        {
            _byVcpu[occurred.Vcpu.Index].Add((occurred.Order, ThreadName.Of(task)));
        }
    }
}
