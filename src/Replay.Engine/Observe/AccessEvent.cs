using Guest.Machine;

namespace Replay.Engine.Observe;

/// <summary>A data access: 1 to 8 bytes of one page. Wider ones are several, lowest address first; one that reads and writes is a read and then a write.</summary>
/// <param name="Order">That of its instruction, or of the next one where an interrupt's delivery or an unfinished REP instruction made it.</param>
/// <param name="Pc">Linear address of its instruction; 0 for a delivery.</param>
/// <param name="Linear">Linear address of the first byte.</param>
/// <param name="Physical">Guest-physical address of the first byte.</param>
/// <param name="Space">The address space.</param>
/// <param name="Vcpu">The vCPU.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Ring">The privilege level of the instruction.</param>
/// <param name="IsWrite">Whether it writes.</param>
public readonly record struct AccessEvent(
    ulong Order, GuestVirtual Pc, GuestVirtual Linear, GuestPhysical Physical, GuestPhysical Space, ushort Vcpu, byte Size, byte Ring, bool IsWrite);
