using Guest.Machine;
using Iced.Intel;

namespace Replay.Engine.Observe;

/// <summary>A jump, call, return, system call or return from the kernel that has retired, with where it went: a conditional jump may have gone nowhere else.</summary>
/// <param name="Order">Instructions that all vCPUs had retired before.</param>
/// <param name="Pc">Linear address of its first byte.</param>
/// <param name="Target">Linear address at which the guest went on.</param>
/// <param name="Space">The address space before it.</param>
/// <param name="Code">Its form.</param>
/// <param name="Vcpu">The vCPU.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Ring">The privilege level before it ran.</param>
public readonly record struct BranchEvent(
    ulong Order, GuestVirtual Pc, GuestVirtual Target, GuestPhysical Space, Code Code, ushort Vcpu, byte Length, byte Ring)
{
    /// <summary>Whether it went elsewhere than to the instruction behind it.</summary>
    public bool IsTaken => Target.Value != Pc.Value + Length;
}
