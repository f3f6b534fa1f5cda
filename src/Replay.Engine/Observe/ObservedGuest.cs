using Guest.Linux;
using Guest.Machine.Board;
using Guest.Machine.X86;

namespace Replay.Engine.Observe;

/// <summary>The guest of an observed replay: the machine, and what its Linux says.</summary>
public sealed class ObservedGuest
{
    private readonly LinuxGuest _linux;

    internal ObservedGuest(VirtualMachine machine)
    {
        Machine = machine;
        _linux = new LinuxGuest(machine.Memory);
    }

    /// <summary>The machine; a plugin must not change it.</summary>
    public VirtualMachine Machine { get; }

    /// <summary>The kernel as it stands now; null where there is none yet.</summary>
    public LinuxKernel? Look(Vcpu vcpu) => _linux.Look(vcpu);
}
