namespace Guest.Machine.Board;

/// <summary>A virtio entropy device.</summary>
public sealed record EntropyDescription : PciDeviceDescription;
