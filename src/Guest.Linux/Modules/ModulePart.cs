using Guest.Machine;

namespace Guest.Linux.Modules;

/// <summary>One piece of memory of a module.</summary>
/// <param name="Start">Its first address.</param>
/// <param name="Length">Its bytes.</param>
public readonly record struct ModulePart(GuestVirtual Start, ulong Length);
