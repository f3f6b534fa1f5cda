namespace Guest.Machine;

/// <summary>What a part of the state hash covers. The values are on disk and never reused (docs/log-format.md).</summary>
public enum StatePartKind
{
    /// <summary>All architectural registers of the vCPU with that number.</summary>
    Registers = 1,

    /// <summary>The state of the device with that number, its pending timers included.</summary>
    Device = 2,

    /// <summary>The content of the memory region with that number.</summary>
    Memory = 3,

    /// <summary>Everything that has left the machine through the output with that number, from the start.</summary>
    Output = 4,
}
