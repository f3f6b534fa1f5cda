using Iced.Intel;

namespace Analysis.Plugins.Coverage;

/// <summary>A way from a jump or call to where it went, in the files' own terms.</summary>
/// <param name="Module">The file of the jump.</param>
/// <param name="From">The jump's address in it.</param>
/// <param name="TargetModule">The file that it led to.</param>
/// <param name="Target">The address in that.</param>
/// <param name="Kind">What kind of jump it is.</param>
internal readonly record struct CoveredEdge(string Module, ulong From, string TargetModule, ulong Target, FlowControl Kind);
