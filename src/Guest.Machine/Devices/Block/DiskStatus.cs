namespace Guest.Machine.Devices.Block;

/// <summary>How a request ended (virtio 1.2, 5.2.6). The values are on disk and never reused (docs/log-format.md).</summary>
public enum DiskStatus : byte
{
    /// <summary>Done.</summary>
    Done = 0,

    /// <summary>It failed: nothing was read or written.</summary>
    Failed = 1,

    /// <summary>The device does not do that.</summary>
    Unsupported = 2,
}
