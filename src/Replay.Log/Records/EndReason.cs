namespace Replay.Log.Records;

/// <summary>Why a recording ended. The values are on disk and never reused (docs/log-format.md).</summary>
public enum EndReason
{
    /// <summary>No reason has this value.</summary>
    None = 0,

    /// <summary>The guest powered the machine off.</summary>
    PowerOff = 1,

    /// <summary>The guest reset the machine.</summary>
    Reset = 2,

    /// <summary>The user stopped the recording.</summary>
    Stopped = 3,

    /// <summary>The number of instructions that was asked for has retired.</summary>
    InstructionLimit = 4,

    /// <summary>The time that was asked for has passed.</summary>
    TimeLimit = 5,

    /// <summary>A triple fault shut the vCPU down (Intel SDM 3A 6.15, interrupt 8).</summary>
    TripleFault = 6,

    /// <summary>The vCPU halted and nothing can ever wake it.</summary>
    HaltedForever = 7,

    /// <summary>The recording could not grow: no room on the disk.</summary>
    DiskFull = 8,

    /// <summary>The guest did what this machine refuses by name; the detail says what.</summary>
    GuestRefused = 9,

    /// <summary>The recorder could not go on; the detail says why.</summary>
    RecorderFailed = 10,

    /// <summary>The guest's kernel panicked and said so (pvpanic).</summary>
    GuestPanicked = 11,
}
