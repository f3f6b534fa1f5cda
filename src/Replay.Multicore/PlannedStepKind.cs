namespace Replay.Multicore;

/// <summary>The kinds of <see cref="PlannedStep"/>.</summary>
internal enum PlannedStepKind
{
    /// <summary>Waits until another one has come somewhere.</summary>
    Wait,

    /// <summary>Takes the interrupts that wait for it.</summary>
    TakeInterrupt,

    /// <summary>Makes the clock show a time.</summary>
    SetTime,
}
