namespace Analysis.Plugins.SystemCalls;

/// <summary>What a thread did.</summary>
internal enum CallEventKind : byte
{
    /// <summary>It made a system call.</summary>
    Entry,

    /// <summary>A call of it has a result.</summary>
    Exit,

    /// <summary>It runs for the first time, having been made by a call of another thread.</summary>
    Start,

    /// <summary>A signal's handler is about to run.</summary>
    Signal,

    /// <summary>It ended.</summary>
    End,
}
