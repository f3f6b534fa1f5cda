using System.Collections.Immutable;
using Replay.Log.Disks;

namespace Replay.Log.Manifests;

/// <summary>What is on a disk of a recorded machine at its start.</summary>
/// <param name="Slot">The block device's slot.</param>
/// <param name="Files">The image's files: the one that was named first, then its backing file, and so on.</param>
/// <param name="Overlay">Where the guest's writes went, relative to the recording or absolute; null where they went nowhere or into the image.</param>
/// <param name="Before">Where in the recording stands what the image held before the guest's writes to it; null where it was not written.</param>
public sealed record RecordedDisk(int Slot, ImmutableArray<DiskFile> Files, string? Overlay, string? Before)
{
    /// <summary>Opens the disk as it was when the recording began; of a packed recording, the blocks of it that the guest read.</summary>
    /// <param name="recording">The recording's folder.</param>
    /// <exception cref="Guest.Machine.ReplayKitException">RK0700 to RK0704: a file is missing, damaged, or another one.</exception>
    public IDiskImage Open(string recording)
    {
        string packed = System.IO.Path.Combine(recording, BlockSet.NameOf(Slot));
        if (File.Exists(packed))
        {
            return BlockSet.Open(packed);
        }

        if (Before is null)
        {
            return OpenedDisk.OpenRecorded(Files).Image;
        }

        IDiskImage image = OpenedDisk.Open(System.IO.Path.Combine(recording, Before), DiskFormat.Qcow2).Image;
        if (DiskFile.SampleOf(image.Bytes, (at, bytes) => image.Read(at, bytes)) != Files[0].Sample)
        {
            image.Dispose();
            throw DiskErrors.AnotherImage(Files[0].Path);
        }

        return image;
    }
}
