namespace Guest.Machine.X86;

/// <summary>What a vCPU sees of the rest of the machine: ports, devices in memory, its local APIC and the time.</summary>
public interface ICpuBus
{
    /// <summary>The time-stamp counter at the vCPU's present position.</summary>
    ulong TimeStamp { get; }

    /// <summary>The time-stamp counter as it goes on from here, until something else than instructions changes it. Means nothing where vCPUs run at once.</summary>
    TimeLine TimeLine { get; }

    /// <summary>Whether an interrupt request waits for this vCPU.</summary>
    bool HasInterrupt { get; }

    /// <summary>The local APIC's task priority class (CR8), 0 to 15.</summary>
    ulong TaskPriority { get; set; }

    /// <summary>Accepts the interrupt with the highest priority and returns its vector.</summary>
    byte AcknowledgeInterrupt();

    /// <summary>Reads a port.</summary>
    /// <param name="port">Port number.</param>
    /// <param name="size">1, 2 or 4 bytes.</param>
    uint ReadPort(ushort port, int size);

    /// <summary>Writes a port.</summary>
    void WritePort(ushort port, int size, uint value);

    /// <summary>Reads an address that is not RAM.</summary>
    /// <param name="address">Guest-physical address.</param>
    /// <param name="size">1, 2, 4 or 8 bytes.</param>
    ulong ReadDevice(GuestPhysical address, int size);

    /// <summary>Writes an address that is not RAM.</summary>
    void WriteDevice(GuestPhysical address, int size, ulong value);

    /// <summary>Reads a model-specific register that belongs to the local APIC or the clock.</summary>
    /// <returns>False where there is none: #GP.</returns>
    bool TryReadMsr(uint index, out ulong value);

    /// <summary>Writes such a register.</summary>
    /// <returns>False where there is none or the value is refused: #GP.</returns>
    bool TryWriteMsr(uint index, ulong value);

    /// <summary>The vCPU cannot go on (triple fault): the machine ends.</summary>
    void ShutDown();
}
