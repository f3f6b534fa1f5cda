using Guest.Machine;

namespace Replay.Engine.Debug;

/// <summary>A write to watched bytes of RAM, as <see cref="DebuggedReplay.WritesToRam"/> lists it.</summary>
/// <param name="At">Where its instruction began; for what a device writes, and the delivery of an interrupt or exception, the place behind it.</param>
/// <param name="Pc">The instruction, or what the interrupt or exception came in front of; null for a device.</param>
/// <param name="Address">The first byte of the watched ones that were written.</param>
/// <param name="Size">Their number, 1 to 8; more are several rows.</param>
/// <param name="Value">What was written.</param>
public readonly record struct SeenRamWrite(Moment At, GuestVirtual? Pc, GuestPhysical Address, int Size, ulong Value);
