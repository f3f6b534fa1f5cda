namespace Guest.Machine.X86.Translate.Analyse;

/// <summary>Accesses of a block that lie side by side, whatever the registers hold: the first of them searches the TLB for all.</summary>
/// <param name="Leader">The instruction that does.</param>
/// <param name="Span">Bytes from the first to the last.</param>
/// <param name="Skip">How far into them the leader's own access begins.</param>
/// <param name="Writes">Whether any of them writes.</param>
/// <param name="LeaderWrites">Whether the leader does.</param>
/// <param name="Slot">Which of <see cref="Link.EmittedState.Groups"/> holds the host address of the first byte.</param>
internal readonly record struct AccessGroup(int Leader, int Span, int Skip, bool Writes, bool LeaderWrites, int Slot);
