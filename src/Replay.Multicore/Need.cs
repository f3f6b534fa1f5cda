namespace Replay.Multicore;

/// <summary>A right that an instruction needs.</summary>
/// <param name="Number">The object's number, from 0.</param>
/// <param name="Right">The right; not <see cref="Multicore.Right.None"/>.</param>
public readonly record struct Need(int Number, Right Right);
