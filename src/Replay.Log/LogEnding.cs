namespace Replay.Log;

/// <summary>How a log that has been read to its end ends.</summary>
public enum LogEnding
{
    /// <summary>It has not been read to its end yet.</summary>
    NotReached = 0,

    /// <summary>With an <see cref="Records.End"/> record.</summary>
    Ended = 1,

    /// <summary>Behind its last whole frame, without an <see cref="Records.End"/>: the recorder was killed or is still at work.</summary>
    Cut = 2,

    /// <summary>Before a damaged frame, where the reader was asked to use what is before it.</summary>
    Damaged = 3,
}
