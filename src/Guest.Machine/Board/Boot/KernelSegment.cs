namespace Guest.Machine.Board.Boot;

/// <summary>A part of a kernel file and where it goes.</summary>
/// <param name="Address">The physical address.</param>
/// <param name="Bytes">The part.</param>
internal readonly record struct KernelSegment(GuestPhysical Address, ReadOnlyMemory<byte> Bytes);
