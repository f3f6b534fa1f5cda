namespace Guest.Machine.X86;

/// <summary>Elements of a repeated string instruction, one after the other inside a page.</summary>
/// <param name="Linear">Linear address of the first one.</param>
/// <param name="Physical">Its guest-physical address.</param>
/// <param name="Size">Bytes of an element: 1, 2, 4 or 8.</param>
/// <param name="Elements">How many, from 1 to 4096.</param>
/// <param name="IsDown">Whether each one lies before the one that was accessed before it (RFLAGS.DF).</param>
/// <param name="IsWrite">Whether they were stored.</param>
/// <param name="Alternates">Whether there are as many of the run that is told next, and each of them was accessed after the one of this run: MOVS, CMPS.</param>
public readonly record struct ElementRun(ulong Linear, ulong Physical, int Size, int Elements, bool IsDown, bool IsWrite, bool Alternates);
