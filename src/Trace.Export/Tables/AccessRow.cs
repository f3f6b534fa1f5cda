using System.Runtime.InteropServices;
using Guest.Machine;

namespace Trace.Export.Tables;

/// <summary>One access of an instruction to memory: at most 8 bytes, within one page (docs/tables.md, "accesses").</summary>
/// <param name="Order">The order of the instruction that accessed memory.</param>
/// <param name="Retired">Instructions that its vCPU had retired before that one.</param>
/// <param name="Vaddr">The linear address of the first byte.</param>
/// <param name="Paddr">The physical address of the first byte.</param>
/// <param name="Value">What was read or written, zero-extended.</param>
/// <param name="Seq">The number of the access within its instruction, from 0, modulo 2^32.</param>
/// <param name="Vcpu">The vCPU's number.</param>
/// <param name="Size">Bytes, 1 to 8.</param>
/// <param name="Direction">Read or write.</param>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct AccessRow(
    ulong Order, ulong Retired, GuestVirtual Vaddr, GuestPhysical Paddr, ulong Value,
    uint Seq, ushort Vcpu, byte Size, AccessDirection Direction) : IPositionedRow;
