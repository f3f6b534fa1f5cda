using Guest.Machine;

namespace Replay.Log;

/// <summary>The errors a recording on disk can give (docs/errors.md, RK01xx).</summary>
internal static class LogErrors
{
    public const int NoRecording = 100;
    public const int Damaged = 101;
    public const int ManifestUnreadable = 102;
    public const int Newer = 103;
    public const int Unknown = 104;
    public const int Unreadable = 105;
    public const int FileChanged = 106;
    public const int FileMissing = 107;
    public const int FolderExists = 108;
    public const int DiskFull = 109;
    public const int WriteFailed = 110;
    public const int CodecMissing = 111;
    public const int OtherRecording = 121;
    public const int NoStart = 122;

    public static ReplayKitException Damage(string file, long offset, string what) =>
        Bad(Damaged, $"{file} is damaged at offset {offset}: {what}");

    public static ReplayKitException NewerVersion(string file, int version, int known = LogFormat.Version) =>
        Bad(Newer, $"{file} has format version {version}; this ReplayKit reads up to version {known}: use a newer one");

    public static ReplayKitException UnknownContent(string file, long offset, string what) =>
        Bad(Unknown, $"{file} holds what this ReplayKit does not know, in the frame at offset {offset}: {what}");

    public static ReplayKitException CannotRead(string file, Exception inner) =>
        Bad(Unreadable, $"{file} cannot be read: {inner.Message}", inner);

    public static ReplayKitException CannotWrite(string file, Exception inner) => IsDiskFull(inner)
        ? new(DiskFull, ExitCode.HostCannot, $"{file} cannot grow, the disk is full: what was written before is a valid recording", inner)
        : new(WriteFailed, ExitCode.HostCannot, $"{file} cannot be written: {inner.Message}", inner);

    /// <summary>Whether the operating system refused to write because no room is left (ENOSPC, EDQUOT, EFBIG; errno(3)).</summary>
    public static bool IsDiskFull(Exception error) =>
        error is IOException && error.HResult is 28 or 122 or 27 or unchecked((int)0x80070070);

    public static ReplayKitException Bad(int code, string message, Exception? inner = null) =>
        new(code, ExitCode.BadInput, message, inner);
}
