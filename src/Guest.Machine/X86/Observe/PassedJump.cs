namespace Guest.Machine.X86.Observe;

/// <summary>A conditional jump in the middle of a <see cref="CodePiece"/>.</summary>
/// <param name="Index">Its instruction.</param>
/// <param name="Target">Where it leads where it is taken.</param>
/// <param name="Exit">The number of the piece that is executed then, where it has one (<see cref="CodePiece.HasExits"/>). Each of its executions is counted as one of the longer piece too.</param>
public readonly record struct PassedJump(int Index, GuestVirtual Target, int Exit);
