using System.Globalization;
using Replay.Log.Checkpoints;

namespace Replay.Log.Packing;

/// <summary>The names that files of a recording can have in an archive; no other is ever written to a disk.</summary>
internal static class PackNames
{
    /// <summary>The folder of files that the machine was started from, by their SHA-256.</summary>
    public const string Files = "files";

    private const int HashDigits = 64;

    /// <summary>Whether a name is one that a packer gives.</summary>
    public static bool IsKnown(string name) => name.Split('/') switch
    {
        ["manifest.json" or "console.log"] => true,
        ["log", string file] => file.EndsWith(".rklog", StringComparison.Ordinal)
            && int.TryParse(file[..^6], NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            && file == number.ToString("D6", CultureInfo.InvariantCulture) + ".rklog",
        ["checkpoints", string file] => CheckpointFormat.TryParse(file, out _),
        ["disks", string file] => file.EndsWith(".blocks", StringComparison.Ordinal)
            && int.TryParse(file[..^7], NumberStyles.None, CultureInfo.InvariantCulture, out int slot) && slot <= LogFormat.MaxSlot && name == Disks.BlockSet.NameOf(slot),
        [Files, string file] => file.Length == HashDigits && file.All(char.IsAsciiHexDigitLower),
        _ => false,
    };
}
