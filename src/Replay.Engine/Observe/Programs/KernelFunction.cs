using Guest.Machine;

namespace Replay.Engine.Observe.Programs;

/// <summary>A function of the kernel or of a module, up to the next symbol.</summary>
/// <param name="Start">Its first address.</param>
/// <param name="End">The address behind its last.</param>
/// <param name="Name">Its name.</param>
public readonly record struct KernelFunction(GuestVirtual Start, GuestVirtual End, string Name);
