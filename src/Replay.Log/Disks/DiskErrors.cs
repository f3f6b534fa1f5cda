using Guest.Machine;

namespace Replay.Log.Disks;

/// <summary>The errors of disk images (docs/errors.md, RK07xx).</summary>
internal static class DiskErrors
{
    internal const int CannotReadCode = 700;
    internal const int DamagedCode = 701;
    internal const int UnknownFeatureCode = 702;
    internal const int TooManyFilesCode = 703;
    internal const int AnotherImageCode = 704;

    internal static ReplayKitException CannotRead(string path, Exception inner) =>
        LogErrors.Bad(CannotReadCode, $"the disk image {path} cannot be read: {inner.Message}", inner);

    internal static ReplayKitException Damaged(string path, string what) =>
        LogErrors.Bad(DamagedCode, $"the disk image {path} is damaged: {what}");

    internal static ReplayKitException TooManyFiles(string path, int most) =>
        LogErrors.Bad(TooManyFilesCode, $"the disk image {path} has a chain of more than {most} backing files");

    internal static ReplayKitException AnotherImage(string path) => LogErrors.Bad(
        AnotherImageCode, $"the disk image {path} is not the one of the recording: its size, format, backing files or the sample of its content differ");

    internal static ReplayKitException UnknownFeature(string path, string what) =>
        LogErrors.Bad(UnknownFeatureCode, $"the disk image {path} uses what ReplayKit does not read: {what}; 'qemu-img convert' makes a plain one of it");
}
