using Guest.Machine;

namespace Guest.Linux.Symbols;

/// <summary>A name of the kernel or of one of its modules.</summary>
/// <param name="Address">Its address in the running guest; for per-CPU variables of kernels before 6.15 their offset in each CPU's area.</param>
/// <param name="Size">Bytes up to the next symbol, or as the module's symbol table says.</param>
/// <param name="Type">Its letter as in <c>/proc/kallsyms</c> (<c>T</c> code, <c>D</c> data, lower case for local ones).</param>
/// <param name="Name">Its name.</param>
/// <param name="Module">The module it belongs to, or null for the kernel itself.</param>
public sealed record KernelSymbol(GuestVirtual Address, ulong Size, char Type, string Name, string? Module = null);
