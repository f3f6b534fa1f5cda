namespace Replay.Log.Records;

/// <summary>The kinds of logged input. The values are on disk and never reused (docs/log-format.md).</summary>
public enum RecordKind
{
    /// <summary>No kind has this value: a payload of zero bytes is no record.</summary>
    None = 0,

    /// <summary><see cref="Records.BootSeed"/>.</summary>
    BootSeed = 1,

    /// <summary><see cref="Records.ClockStart"/>.</summary>
    ClockStart = 2,

    /// <summary><see cref="Records.TimeAnchor"/>.</summary>
    TimeAnchor = 3,

    /// <summary><see cref="Records.ConsoleInput"/>.</summary>
    ConsoleInput = 4,

    /// <summary><see cref="Records.StateHash"/>.</summary>
    StateHash = 5,

    /// <summary><see cref="Records.End"/>.</summary>
    End = 6,

    /// <summary><see cref="Records.HostVendor"/>.</summary>
    HostVendor = 7,

    /// <summary><see cref="Records.EntropyInput"/>.</summary>
    EntropyInput = 8,

    /// <summary><see cref="Records.DiskAnswer"/>.</summary>
    DiskAnswer = 9,

    /// <summary><see cref="Records.FrameInput"/>.</summary>
    FrameInput = 10,

    /// <summary><see cref="Records.VcpuTurn"/>.</summary>
    VcpuTurn = 11,

    /// <summary><see cref="Records.InterruptTaken"/>.</summary>
    InterruptTaken = 12,

    /// <summary><see cref="Records.VcpuWait"/>.</summary>
    VcpuWait = 13,

    /// <summary><see cref="Records.CommonCut"/>.</summary>
    CommonCut = 14,

    /// <summary><see cref="Records.ConsoleSize"/>.</summary>
    ConsoleSize = 15,
}
