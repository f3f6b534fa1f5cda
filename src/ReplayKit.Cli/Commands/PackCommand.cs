using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Replay.Log;
using Replay.Log.Packing;
using ReplayKit.Cli.Arguments;
using ReplayKit.Cli.Terminal;

namespace ReplayKit.Cli.Commands;

/// <summary><c>pack</c>: a recording and what it needs as one file.</summary>
internal static class PackCommand
{
    /// <summary>The verb.</summary>
    public static Command Create()
    {
        Argument<string> recording = CommonOptions.Recording();
        Option<string?> output = new("--output", "-o") { Description = "The file (default: the recording's name with .rkz).", HelpName = "FILE" };
        Option<bool> noCheckpoints = new("--no-checkpoints") { Description = "Leave the checkpoints out; the other side can make them again." };
        Option<bool> noDisks = new("--no-disks") { Description = "Leave disk images out; the other side needs them where they were." };
        Option<bool> json = CommonOptions.Json();
        Verb verb = new(
            "pack",
            "Packs a recording with everything that another machine needs to replay it (kernel, initrd and the blocks of disk images that the guest read included, for which it replays once) into one compressed file. Verbs read it as it is, or 'unpack' makes a folder of it.",
            "replaykit pack boot.rk",
            "replaykit pack boot.rk --no-checkpoints -o /tmp/boot.rkz")
        {
            recording, output, noCheckpoints, noDisks, json,
        };
        verb.SetAction(parsed => Pack(
            parsed.GetRequiredValue(recording), parsed.GetValue(output), !parsed.GetValue(noCheckpoints), !parsed.GetValue(noDisks), parsed.GetValue(json)));
        return verb;
    }

    private static void Pack(string recording, string? output, bool withCheckpoints, bool withDisks, bool json)
    {
        RecordingFolder folder = RecordingFolder.Open(Recordings.Find(recording));
        string path = output ?? Path.GetFileName(Path.ChangeExtension(folder.Path.TrimEnd('/'), ".rkz"));
        using DiskBlocks blocks = withDisks ? DiskBlocks.Collect(folder) : DiskBlocks.None;
        ProgressBar? progress = null;
        RecordingPacker packer = new(folder, withCheckpoints, bytes => progress?.Report((ulong)bytes)) { DiskBlocks = blocks.Files };
        long total = packer.TotalBytes;
        using (progress = new ProgressBar("pack", 0, (ulong)total, ProgressUnit.Bytes))
        {
            packer.Pack(path);
        }

        Packed result = new(folder.Path, path, total, new FileInfo(path).Length);
        Console.Out.WriteLine(json
            ? JsonSerializer.Serialize(result, JsonOutput.Options)
            : string.Create(CultureInfo.InvariantCulture, $"{result.File}: {result.PackedBytes} bytes for {result.Bytes}"));
    }

    private sealed record Packed(string Recording, string File, long Bytes, long PackedBytes);
}
