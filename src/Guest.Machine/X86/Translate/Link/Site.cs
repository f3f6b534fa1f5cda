namespace Guest.Machine.X86.Translate.Link;

/// <summary>A place at which emitted code may leave: what the run loop needs to know there.</summary>
/// <param name="Block">The block's number.</param>
/// <param name="Index">The instruction that is not executed yet; the block's count where all are.</param>
/// <param name="Left">Instructions that the budget was charged for and that are not executed.</param>
/// <param name="Retry">Where the access is tried again, with its address in RAX.</param>
/// <param name="Undo">What a return must take back of RSP where its target is no address.</param>
/// <param name="Skip">How far behind the address that is searched for the instruction's own access begins.</param>
/// <param name="IsInside">Whether later instructions count on what a group before this place has found.</param>
internal readonly record struct Site(int Block, int Index, int Left, nint Retry, int Undo, int Skip = 0, bool IsInside = false);
