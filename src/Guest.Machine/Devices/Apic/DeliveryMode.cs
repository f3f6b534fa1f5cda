namespace Guest.Machine.Devices.Apic;

/// <summary>What an interrupt message does at its target (Intel SDM 3A 11.6.1; 82093AA 3.2.4). The values are the register's.</summary>
public enum DeliveryMode
{
    /// <summary>Raises the vector at every target.</summary>
    Fixed = 0,

    /// <summary>Raises the vector at the target with the lowest processor priority.</summary>
    LowestPriority = 1,

    /// <summary>A system management interrupt: its handler would be firmware's, which does nothing here.</summary>
    Smi = 2,

    /// <summary>A reserved encoding.</summary>
    Reserved = 3,

    /// <summary>A non-maskable interrupt.</summary>
    Nmi = 4,

    /// <summary>Resets the target's CPU.</summary>
    Init = 5,

    /// <summary>Starts a CPU that waits after INIT.</summary>
    StartUp = 6,

    /// <summary>The vector comes from the 8259 pair.</summary>
    ExtInt = 7,
}
