namespace Guest.Machine.Devices.Virtio;

/// <summary>The bits of a device's status (virtio 1.2, 2.1).</summary>
[Flags]
public enum VirtioStatus : byte
{
    /// <summary>Reset.</summary>
    None = 0,

    /// <summary>The guest has found the device.</summary>
    Acknowledge = 1,

    /// <summary>The guest has a driver for it.</summary>
    Driver = 2,

    /// <summary>The driver works.</summary>
    DriverOk = 4,

    /// <summary>Driver and device agree on the features.</summary>
    FeaturesOk = 8,

    /// <summary>The device met something that it cannot go on from until it is reset.</summary>
    NeedsReset = 0x40,

    /// <summary>The driver has given up.</summary>
    Failed = 0x80,
}
