namespace Replay.Engine.Debug.Gdb;

/// <summary>A group of registers of the target description.</summary>
/// <param name="Name">The name by which gdb knows it; one of its own names must have exactly the registers that gdb expects.</param>
/// <param name="Types">XML that defines types.</param>
/// <param name="Registers">The registers, in the order of their numbers.</param>
internal sealed record RegisterFeature(string Name, string Types, IReadOnlyList<RegisterRow> Registers);
