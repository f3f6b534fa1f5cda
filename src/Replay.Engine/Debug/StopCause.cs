namespace Replay.Engine.Debug;

/// <summary>Why a debugged replay stands where it stands.</summary>
public enum StopCause
{
    /// <summary>It went as far as it was asked to.</summary>
    Arrived,

    /// <summary>The instruction it is about to begin has a breakpoint.</summary>
    Breakpoint,

    /// <summary>Forward: the instruction before has accessed watched bytes. Backward: the one it is about to begin will.</summary>
    Watchpoint,

    /// <summary>The recording begins here.</summary>
    Start,

    /// <summary>The recording ends here.</summary>
    End,

    /// <summary>Somebody asked it to stop.</summary>
    Interrupted,
}
