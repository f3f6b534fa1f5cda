using Replay.Engine.Observe;

namespace Analysis.Plugins.Coverage;

/// <summary>What a program executed of a file.</summary>
/// <param name="Owner">The program, or the kernel.</param>
/// <param name="Module">The file.</param>
/// <param name="Blocks">Basic blocks.</param>
/// <param name="Bytes">Their bytes.</param>
/// <param name="Edges">Edges that begin in it.</param>
/// <param name="Instructions">How many instructions retired.</param>
internal readonly record struct CoveredProgram(CodeOwner Owner, string Module, long Blocks, long Bytes, long Edges, long Instructions);
