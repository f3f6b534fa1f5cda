using System.Collections.Immutable;

namespace Replay.Multicore;

/// <summary>One change of ownership: a vCPU has gained a right that its next instruction needs, behind what others did.</summary>
/// <param name="At">Where the one that gains stands: its next instruction is the first that uses the right.</param>
/// <param name="Need">What it gained.</param>
/// <param name="After">Where others must have come to before that instruction runs; none names the one that gains.</param>
public readonly record struct OwnershipChange(Passed At, Need Need, ImmutableArray<Passed> After);
