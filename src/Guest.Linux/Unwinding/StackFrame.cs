using Guest.Machine;

namespace Guest.Linux.Unwinding;

/// <summary>One frame of a <see cref="CallStack"/>.</summary>
/// <param name="Pc">Where it goes on.</param>
/// <param name="IsExact">Whether that instruction has been interrupted or is the next one; false for what a call returns to, which may be another function's first byte.</param>
/// <param name="Source">How it was found.</param>
public readonly record struct StackFrame(GuestVirtual Pc, bool IsExact, StackFrameSource Source)
{
    /// <summary>An address in the function that the frame is of.</summary>
    public GuestVirtual Inside => IsExact ? Pc : new GuestVirtual(Pc.Value - 1);
}
