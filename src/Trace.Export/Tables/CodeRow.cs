using System.Runtime.InteropServices;
using Guest.Machine;
using Iced.Intel;

namespace Trace.Export.Tables;

/// <summary>The bytes of an instruction, from their first execution in an address space on (docs/tables.md, "code").</summary>
/// <param name="Order">The order of the first instruction that executed them; they hold until another row of the same address.</param>
/// <param name="Pc">The linear address of the first byte.</param>
/// <param name="Asid">The physical address of the top-level page table.</param>
/// <param name="Bytes">The instruction's bytes.</param>
/// <param name="Code">The instruction's form.</param>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct CodeRow(ulong Order, GuestVirtual Pc, GuestPhysical Asid, InstructionBytes Bytes, Code Code);
