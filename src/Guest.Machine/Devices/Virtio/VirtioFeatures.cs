namespace Guest.Machine.Devices.Virtio;

/// <summary>The feature bits that belong to no kind of device (virtio 1.2, chapter 6). Not offered and never used: packed rings, in-order use, IOMMU.</summary>
public static class VirtioFeatures
{
    /// <summary>A table of descriptors of its own per chain.</summary>
    public const ulong IndirectDescriptors = 1UL << 28;

    /// <summary>Either side says at which index of a ring it wants to hear from the other.</summary>
    public const ulong EventIndex = 1UL << 29;

    /// <summary>Virtio 1: little-endian, no legacy interface. Not optional here.</summary>
    public const ulong Version1 = 1UL << 32;

    /// <summary>All of them.</summary>
    public const ulong Common = IndirectDescriptors | EventIndex | Version1;
}
