namespace Guest.Linux.Elf;

/// <summary>A function in the symbol table of a program or library.</summary>
/// <param name="Address">Its address as the file says.</param>
/// <param name="Size">Its bytes; 0 where the table does not say.</param>
/// <param name="Name">Its name.</param>
public readonly record struct ElfFunction(ulong Address, ulong Size, string Name);
