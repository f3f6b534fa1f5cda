namespace Guest.Linux.Unwinding;

/// <summary>How the frame of an instruction, and of those up to the next row, is left.</summary>
/// <param name="Address">The instruction.</param>
/// <param name="Frame">What lies at the frame's base.</param>
/// <param name="StackBase">What the frame's base is counted from.</param>
/// <param name="StackOffset">Bytes from there to the base.</param>
/// <param name="FrameBase">Where the caller's RBP lies: <see cref="OrcBase.Frame"/>, <see cref="OrcBase.Rbp"/>, or nowhere, as RBP still has it.</param>
/// <param name="FrameOffset">Bytes from there to the caller's RBP.</param>
public readonly record struct OrcRow(ulong Address, OrcFrame Frame, OrcBase StackBase, short StackOffset, OrcBase FrameBase, short FrameOffset);
