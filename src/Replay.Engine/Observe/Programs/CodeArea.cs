using Guest.Machine;

namespace Replay.Engine.Observe.Programs;

/// <summary>Executable memory of a program.</summary>
/// <param name="Start">Its first address.</param>
/// <param name="End">The address behind its last.</param>
/// <param name="FileOffset">Where in the module's file it begins.</param>
/// <param name="Module">The module's number in its table.</param>
public readonly record struct CodeArea(GuestVirtual Start, GuestVirtual End, ulong FileOffset, int Module);
