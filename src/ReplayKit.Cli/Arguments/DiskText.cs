using Guest.Machine;
using Replay.Log.Disks;
using Vmm.Record;

namespace ReplayKit.Cli.Arguments;

/// <summary>The value of <c>--disk</c>.</summary>
internal static class DiskText
{
    /// <summary>Its form, for the help.</summary>
    public const string Form = "FILE[,format=raw|qcow2][,readonly][,overlay=FILE][,write-through][,serial=TEXT]";

    private const int LongestSerial = 20;

    /// <summary>Reads it.</summary>
    /// <exception cref="ReplayKitException">RK0301, RK0302, RK0303: it has another form, contradicts itself, or there is no such file.</exception>
    public static DiskChoice Parse(string text)
    {
        Suboptions parts = Suboptions.Parse("--disk", text);
        DiskChoice disk = new()
        {
            Path = ExistingFile.Checked(parts.First, "--disk"),
            Format = Format(parts.Value("format")),
            ReadOnly = parts.Has("readonly"),
            Overlay = parts.Value("overlay"),
            WriteThrough = parts.Has("write-through"),
            Serial = Serial(parts.Value("serial")),
        };
        parts.RefuseOthers();
        Check(disk);
        return disk;
    }

    /// <summary>Refuses what contradicts itself.</summary>
    public static void Check(DiskChoice disk)
    {
        if ((disk.ReadOnly ? 1 : 0) + (disk.WriteThrough ? 1 : 0) + (disk.Overlay is null ? 0 : 1) > 1)
        {
            throw UsageError.Contradiction($"the disk {disk.Path} can be only one of readonly, write-through and overlay=FILE");
        }

        if (disk.Overlay is { } overlay && Path.Exists(overlay))
        {
            throw UsageError.Exists(overlay);
        }
    }

    private static DiskFormat? Format(string? text) => text switch
    {
        null => null,
        "raw" => DiskFormat.Raw,
        "qcow2" => DiskFormat.Qcow2,
        _ => throw UsageError.Wrong($"--disk: there is no format '{text}'; the formats are raw and qcow2"),
    };

    private static string? Serial(string? text) => text is null || (text.Length <= LongestSerial && System.Text.Ascii.IsValid(text))
        ? text
        : throw UsageError.Wrong($"--disk: a serial number has at most {LongestSerial} ASCII characters");
}
