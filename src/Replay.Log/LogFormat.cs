namespace Replay.Log;

/// <summary>The fixed numbers of the format of a recording (docs/log-format.md).</summary>
public static class LogFormat
{
    /// <summary>The highest version this code reads; it writes the lowest one that has what the machine has (<see cref="VersionFor"/>).</summary>
    public const int Version = 5;

    /// <summary>The first version whose machine may have several vCPUs, in turns.</summary>
    public const int FirstVersionWithTurns = 4;

    /// <summary>The first version whose vCPUs may run at once.</summary>
    public const int FirstVersionWithParallel = 5;

    /// <summary>The version that frames carry: what a frame is has not changed since.</summary>
    public const int FrameVersion = 3;

    /// <summary>The first version whose memory hashes have a key; before, they are SHA-256 (<see cref="Guest.Machine.Memory.PageHash"/>).</summary>
    public const int FirstVersionWithKey = 2;

    /// <summary>The most bytes that one frame's payload may have, uncompressed: bounds what a hostile log can make a reader allocate.</summary>
    public const int MaxPayloadBytes = 16 << 20;

    /// <summary>The highest slot of a device on the PCI bus.</summary>
    public const int MaxSlot = 31;

    /// <summary>The most vCPUs that a recording may have: bounds what a hostile manifest can make a reader allocate.</summary>
    public const int MaxVcpus = 4096;

    /// <summary>The version of the recordings of a machine.</summary>
    public static int VersionFor(Guest.Machine.Board.MachineDescription machine) =>
        machine.Parallel ? FirstVersionWithParallel : machine.Turns is null ? FirstVersionWithTurns - 1 : FirstVersionWithTurns;
}
