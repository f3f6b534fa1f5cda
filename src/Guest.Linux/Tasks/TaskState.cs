namespace Guest.Linux.Tasks;

/// <summary>What a task does, as <c>/proc/PID/stat</c> puts it.</summary>
public enum TaskState
{
    /// <summary>R: it runs or waits for a CPU.</summary>
    Running,

    /// <summary>S: it sleeps until something happens or a signal comes.</summary>
    Sleeping,

    /// <summary>D: it sleeps and no signal wakes it.</summary>
    DiskSleep,

    /// <summary>T: a signal has stopped it.</summary>
    Stopped,

    /// <summary>t: a debugger has stopped it.</summary>
    Traced,

    /// <summary>X: it has ended and is being taken apart.</summary>
    Dead,

    /// <summary>Z: it has ended and its parent has not asked for its exit code yet.</summary>
    Zombie,

    /// <summary>P: a kernel thread that is parked.</summary>
    Parked,

    /// <summary>I: a kernel thread without work.</summary>
    Idle,
}
