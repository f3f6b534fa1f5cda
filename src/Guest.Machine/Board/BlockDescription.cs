namespace Guest.Machine.Board;

/// <summary>A virtio block device. What is on its disk stands elsewhere in the manifest: the machine only knows its size.</summary>
public sealed record BlockDescription : PciDeviceDescription
{
    /// <summary>Bytes of the disk, whole sectors of 512 bytes.</summary>
    public required ulong Bytes { get; init; }

    /// <summary>Whether the guest may only read.</summary>
    public required bool ReadOnly { get; init; }

    /// <summary>The serial number that the guest sees, at most 20 ASCII characters.</summary>
    public required string Serial { get; init; }
}
