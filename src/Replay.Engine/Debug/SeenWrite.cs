using Guest.Machine;

namespace Replay.Engine.Debug;

/// <summary>A store to watched bytes, as <see cref="DebuggedReplay.Writes"/> lists it.</summary>
/// <param name="At">Where its instruction began; for what the delivery of an interrupt or exception stores, the place behind it.</param>
/// <param name="Pc">The instruction, or what the interrupt or exception came in front of.</param>
/// <param name="Address">The store's first byte.</param>
/// <param name="Size">Its bytes, 1 to 8.</param>
/// <param name="Value">What was written.</param>
public readonly record struct SeenWrite(Moment At, GuestVirtual Pc, GuestVirtual Address, int Size, ulong Value);
