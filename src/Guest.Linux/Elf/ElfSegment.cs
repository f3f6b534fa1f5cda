namespace Guest.Linux.Elf;

/// <summary>A piece of a program or library that is loaded (<c>PT_LOAD</c>).</summary>
/// <param name="FileOffset">Where it begins in the file.</param>
/// <param name="Address">Its address as the file says, before it is moved.</param>
/// <param name="Length">Bytes of it that the file has.</param>
public readonly record struct ElfSegment(ulong FileOffset, ulong Address, ulong Length);
