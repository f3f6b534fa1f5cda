using System.Runtime.InteropServices;
using Guest.Machine;

namespace Trace.Export.Tables;

/// <summary>One event between instructions (docs/tables.md, "events").</summary>
/// <param name="Order">The order of the next instruction to retire: the event lies before it.</param>
/// <param name="Retired">Instructions that its vCPU had retired: the event's position.</param>
/// <param name="Pc">The linear address to which the guest would return, or of the instruction that caused the event.</param>
/// <param name="Asid">The physical address of the top-level page table before the event.</param>
/// <param name="ErrorCode">The error code that was pushed; -1 where there is none.</param>
/// <param name="Detail">By kind: CR2 of a page fault, the new CR3, the new mode's address width in bits; otherwise 0.</param>
/// <param name="Vector">The vector, 0 to 255; -1 where there is none.</param>
/// <param name="Vcpu">The vCPU's number.</param>
/// <param name="Kind">What happened.</param>
/// <param name="RingBefore">The privilege level before the event.</param>
/// <param name="RingAfter">The privilege level after it.</param>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct EventRow(
    ulong Order, ulong Retired, GuestVirtual Pc, GuestPhysical Asid, long ErrorCode, ulong Detail,
    short Vector, ushort Vcpu, EventKind Kind, byte RingBefore, byte RingAfter) : IPositionedRow;
