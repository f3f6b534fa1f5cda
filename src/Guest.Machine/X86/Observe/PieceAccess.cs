namespace Guest.Machine.X86.Observe;

/// <summary>An access that emitted code makes each time that it executes a <see cref="CodePiece"/>.</summary>
/// <param name="Index">Its instruction.</param>
/// <param name="Size">Bytes, 1 to 64.</param>
/// <param name="IsWrite">Whether it writes, and may have read before (<see cref="PieceInstruction.Updates"/>).</param>
/// <param name="Word">Which word behind the piece's number its address counts from (<see cref="TraceWords"/>).</param>
/// <param name="Place">How many bytes behind that it begins.</param>
public readonly record struct PieceAccess(ushort Index, byte Size, bool IsWrite, ushort Word, short Place);
