using Guest.Machine;
using Guest.Machine.X86;
using Iced.Intel;

namespace Replay.Engine.Observe;

/// <summary>An instruction at which the guest is looked at: one that enters or leaves the kernel, or one at a place that was asked for.</summary>
/// <param name="vcpu">The vCPU as it stands: before the instruction, or after it where the subscription says so.</param>
/// <param name="pc">Linear address of the instruction.</param>
/// <param name="code">Its form.</param>
/// <param name="order">Instructions that all vCPUs had retired before it.</param>
public readonly ref struct TransferEvent(Vcpu vcpu, GuestVirtual pc, Code code, ulong order)
{
    /// <summary>The vCPU.</summary>
    public Vcpu Vcpu { get; } = vcpu;

    /// <summary>Linear address of the instruction.</summary>
    public GuestVirtual Pc { get; } = pc;

    /// <summary>Its form.</summary>
    public Code Code { get; } = code;

    /// <summary>Instructions that all vCPUs had retired before it.</summary>
    public ulong Order { get; } = order;
}
