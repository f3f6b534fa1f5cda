namespace ReplayKit.Tests.Names;

/// <summary>A line of the guest's trace.</summary>
/// <param name="Time">Its time-stamp.</param>
/// <param name="Tid">The thread that was running.</param>
/// <param name="Text">What happened; <c>&lt;stack trace&gt;</c> for a stack.</param>
/// <param name="Stack">The lines of the stack, innermost first.</param>
public sealed record GuestEvent(ulong Time, int Tid, string Text, IReadOnlyList<string> Stack);
