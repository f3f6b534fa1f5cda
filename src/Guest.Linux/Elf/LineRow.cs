namespace Guest.Linux.Elf;

/// <summary>Code that a compiler has made from a line of source.</summary>
/// <param name="Address">The address of its first instruction as the file says.</param>
/// <param name="End">The address behind its last.</param>
/// <param name="File">Number of the source file in the <see cref="LineTable"/>.</param>
/// <param name="Line">The line, from 1.</param>
public readonly record struct LineRow(ulong Address, ulong End, int File, int Line);
