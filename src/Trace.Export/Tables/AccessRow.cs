using System.Runtime.InteropServices;
using Guest.Machine;

namespace Trace.Export.Tables;

/// <summary>One access of an instruction to memory, within one page (docs/tables.md, "accesses").</summary>
/// <param name="Order">The order of the instruction that accessed memory.</param>
/// <param name="Retired">Instructions that its vCPU had retired before that one.</param>
/// <param name="Vaddr">The linear address of the first byte.</param>
/// <param name="Paddr">The physical address of the first byte.</param>
/// <param name="Value">Bytes 0 to 7 of what was read or written, little-endian; bytes beyond the size are 0.</param>
/// <param name="Value1">Bytes 8 to 15.</param>
/// <param name="Value2">Bytes 16 to 23.</param>
/// <param name="Value3">Bytes 24 to 31.</param>
/// <param name="Seq">The number of the access within its instruction, from 0, modulo 2^32.</param>
/// <param name="Vcpu">The vCPU's number.</param>
/// <param name="Size">Bytes, 1 to 32.</param>
/// <param name="Direction">Read or write.</param>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct AccessRow(
    ulong Order, ulong Retired, GuestVirtual Vaddr, GuestPhysical Paddr, ulong Value, ulong Value1, ulong Value2, ulong Value3,
    uint Seq, ushort Vcpu, byte Size, AccessDirection Direction);
