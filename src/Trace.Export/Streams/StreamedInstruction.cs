using Guest.Machine;
using Replay.Engine.Observe;

namespace Trace.Export.Streams;

/// <summary>A retired instruction with its accesses, where it led, and what was delivered before it.</summary>
/// <param name="instruction">The instruction.</param>
/// <param name="target">Where the guest went on; 0 for one that ends no basic block.</param>
/// <param name="accesses">What it read and wrote.</param>
/// <param name="delivered">Where interrupts and exceptions were delivered before it.</param>
/// <param name="thread">The thread that ran it.</param>
/// <param name="time">The machine's time in nanoseconds when that thread began to run.</param>
/// <param name="bytes">The instruction's bytes; none where they could not be read.</param>
public readonly ref struct StreamedInstruction(
    InstructionEvent instruction, GuestVirtual target, ReadOnlySpan<AccessEvent> accesses, ReadOnlySpan<GuestVirtual> delivered, StreamedThread thread, ulong time, ReadOnlySpan<byte> bytes)
{
    /// <summary>The instruction.</summary>
    public InstructionEvent Instruction { get; } = instruction;

    /// <summary>Where the guest went on; 0 for one that ends no basic block.</summary>
    public GuestVirtual Target { get; } = target;

    /// <summary>What it read and wrote, in order.</summary>
    public ReadOnlySpan<AccessEvent> Accesses { get; } = accesses;

    /// <summary>The addresses at which the guest was interrupted just before, in order; none where it was not.</summary>
    public ReadOnlySpan<GuestVirtual> Delivered { get; } = delivered;

    /// <summary>The thread that ran it.</summary>
    public StreamedThread Thread { get; } = thread;

    /// <summary>The machine's time in nanoseconds when that thread began to run.</summary>
    public ulong Time { get; } = time;

    /// <summary>The instruction's bytes; none where they could not be read.</summary>
    public ReadOnlySpan<byte> Bytes { get; } = bytes;
}
