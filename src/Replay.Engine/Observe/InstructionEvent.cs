using Guest.Machine;
using Iced.Intel;

namespace Replay.Engine.Observe;

/// <summary>An instruction that has retired.</summary>
/// <param name="Order">Instructions that all vCPUs had retired before.</param>
/// <param name="Pc">Linear address of its first byte.</param>
/// <param name="Space">The address space: physical address of the top-level page table; 0 while paging is off.</param>
/// <param name="Code">Its form.</param>
/// <param name="Vcpu">The vCPU.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Ring">The privilege level before it ran.</param>
/// <param name="HasMemory">Whether an operand is memory.</param>
public readonly record struct InstructionEvent(
    ulong Order, GuestVirtual Pc, GuestPhysical Space, Code Code, ushort Vcpu, byte Length, byte Ring, bool HasMemory);
