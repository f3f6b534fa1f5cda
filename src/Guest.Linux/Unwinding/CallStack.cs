namespace Guest.Linux.Unwinding;

/// <summary>The functions in which a thread stands, the innermost first.</summary>
/// <param name="Frames">The frames.</param>
/// <param name="IsWhole">Whether the last one is the thread's first function.</param>
/// <param name="End">Why there are no more.</param>
public sealed record CallStack(IReadOnlyList<StackFrame> Frames, bool IsWhole, string End);
