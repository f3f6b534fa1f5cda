namespace Replay.Engine.Debug;

/// <summary>Which accesses a watchpoint is about.</summary>
public enum WatchKind
{
    /// <summary>Stores.</summary>
    Write,

    /// <summary>Loads.</summary>
    Read,

    /// <summary>Both.</summary>
    Access,
}
