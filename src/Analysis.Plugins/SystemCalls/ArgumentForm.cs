namespace Analysis.Plugins.SystemCalls;

/// <summary>How an argument of a system call is written.</summary>
/// <param name="Write">Writes the argument that it is at.</param>
/// <param name="AtExit">Whether the call fills it in, so that it is looked at when the call has a result.</param>
internal sealed record ArgumentForm(Action<ArgumentText> Write, bool AtExit = false);
