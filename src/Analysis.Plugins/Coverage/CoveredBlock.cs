namespace Analysis.Plugins.Coverage;

/// <summary>A basic block that ran: entered at its first instruction, left behind its last.</summary>
/// <param name="Module">The file, or what stands for one.</param>
/// <param name="Address">The address of its first byte, in the file's own terms.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="Instructions">Its instructions.</param>
/// <param name="Count">How often its first instruction retired.</param>
/// <param name="Function">The function it is in; empty where that is not known.</param>
internal readonly record struct CoveredBlock(string Module, ulong Address, ulong Bytes, int Instructions, long Count, string Function);
