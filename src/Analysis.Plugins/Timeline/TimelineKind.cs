namespace Analysis.Plugins.Timeline;

/// <summary>What the scheduler did.</summary>
internal enum TimelineKind : byte
{
    /// <summary>A vCPU goes from one thread to another.</summary>
    Switch,

    /// <summary>A thread that slept may run.</summary>
    Wakeup,

    /// <summary>A new thread may run.</summary>
    Fork,

    /// <summary>A thread has another name, as a rule by execve().</summary>
    Rename,

    /// <summary>A thread ends.</summary>
    Exit,
}
