using System.Runtime.InteropServices;
using Guest.Machine;
using Iced.Intel;

namespace Trace.Export.Tables;

/// <summary>One retired instruction (docs/tables.md, "instructions").</summary>
/// <param name="Order">The instruction's number in the replay's order over all vCPUs, from 0 at the start of the recording.</param>
/// <param name="Retired">Instructions that its vCPU had retired before it: the position at which it ran.</param>
/// <param name="Pc">The linear address of its first byte.</param>
/// <param name="Asid">The physical address of the top-level page table (CR3 bits 51:12); 0 with paging off.</param>
/// <param name="Code">The instruction's form.</param>
/// <param name="Vcpu">The vCPU's number.</param>
/// <param name="Ring">The privilege level before it ran, 0 to 3.</param>
/// <param name="Kind">What it does.</param>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct InstructionRow(
    ulong Order, ulong Retired, GuestVirtual Pc, GuestPhysical Asid, Code Code, ushort Vcpu, byte Ring, InstructionKind Kind) : IPositionedRow;
