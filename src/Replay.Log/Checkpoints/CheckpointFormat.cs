using System.Globalization;
using Guest.Machine;
using Guest.Machine.Memory;

namespace Replay.Log.Checkpoints;

/// <summary>The fixed numbers of the format of a checkpoint (docs/checkpoints.md).</summary>
internal static class CheckpointFormat
{
    /// <summary>The version this code writes, and the highest it reads.</summary>
    public const int Version = 1;

    /// <summary>Pages that are compressed together at most.</summary>
    public const int PagesPerBlock = 16;

    /// <summary>Bytes of an unpacked block at most.</summary>
    public const int BlockBytes = PagesPerBlock * GuestMemory.PageBytes;

    /// <summary>A table that would stand on more than that many others is written whole.</summary>
    public const int LongestChain = 16;

    private const string Extension = ".rkcp";
    private const int RetiredDigits = 16;

    /// <summary>The name of the checkpoint at a position: its vCPU in decimal, its count in sixteen hexadecimal digits.</summary>
    public static string FileName(Position at) => string.Create(CultureInfo.InvariantCulture, $"{at.Vcpu}-{at.Retired:x16}{Extension}");

    /// <summary>The position that a file's name says.</summary>
    /// <returns>False for a file that is no checkpoint, such as one that was never finished.</returns>
    public static bool TryParse(string fileName, out Position at)
    {
        at = default;
        string[] parts = fileName.EndsWith(Extension, StringComparison.Ordinal) ? fileName[..^Extension.Length].Split('-') : [];
        if (parts.Length != 2
            || parts[1].Length != RetiredDigits
            || !int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out int vcpu)
            || !ulong.TryParse(parts[1], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong retired))
        {
            return false;
        }

        at = new Position(vcpu, retired);
        return FileName(at) == fileName;
    }
}
