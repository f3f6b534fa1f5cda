namespace Analysis.Plugins.Profiling;

/// <summary>What a call, return or jump did the last time, which it does again wherever it is made from the same stack to the same place.</summary>
/// <param name="Stack">The stack before.</param>
/// <param name="Piece">The piece that ended with it.</param>
/// <param name="Pc">Where it led.</param>
/// <param name="Next">The stack after it.</param>
/// <param name="Run">The run that began.</param>
internal readonly record struct FlowStep(int Stack, int Piece, ulong Pc, int Next, int Run);
