using Replay.Log.Disks;

namespace Vmm.Record;

/// <summary>A disk that a user asks for.</summary>
public sealed record DiskChoice
{
    /// <summary>The image's file.</summary>
    public required string Path { get; init; }

    /// <summary>Its format; null to tell by its first bytes.</summary>
    public DiskFormat? Format { get; init; }

    /// <summary>Whether the guest may only read.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>A new copy-on-write file for the guest's writes; null for one in the recording.</summary>
    public string? Overlay { get; init; }

    /// <summary>Whether the guest's writes go into the image itself.</summary>
    public bool WriteThrough { get; init; }

    /// <summary>The serial number that the guest sees; null for the disk's name.</summary>
    public string? Serial { get; init; }
}
