using Guest.Machine;
using Guest.Machine.X86;

namespace Replay.Engine.Observe;

/// <summary>Another address space has come into force.</summary>
/// <param name="vcpu">The vCPU, as it stands after.</param>
/// <param name="space">The address space: physical address of the top-level page table.</param>
public readonly ref struct SpaceEvent(Vcpu vcpu, GuestPhysical space)
{
    /// <summary>The vCPU.</summary>
    public Vcpu Vcpu { get; } = vcpu;

    /// <summary>The address space.</summary>
    public GuestPhysical Space { get; } = space;
}
