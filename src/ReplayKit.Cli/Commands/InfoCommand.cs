using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Guest.Machine.Board;
using Replay.Log;
using Replay.Log.Manifests;
using ReplayKit.Cli.Arguments;

namespace ReplayKit.Cli.Commands;

/// <summary><c>info</c>: what a recording is of and what its log holds.</summary>
internal static class InfoCommand
{
    /// <summary>The verb.</summary>
    public static Command Create()
    {
        Argument<string> recording = CommonOptions.Recording();
        Option<bool> upToDamage = CommonOptions.UpToDamage();
        Option<bool> json = CommonOptions.Json();
        Verb verb = new(
            "info",
            "Shows what a recording is of, how long it is and how it ended. Reads the whole log and so finds any damage.",
            "replaykit info latest",
            "replaykit info boot.rk --json")
        {
            recording, upToDamage, json,
        };
        verb.SetAction(parsed => Show(parsed.GetRequiredValue(recording), parsed.GetValue(upToDamage), parsed.GetValue(json)));
        return verb;
    }

    private static void Show(string recording, bool upToDamage, bool json)
    {
        RecordingFolder folder = RecordingFolder.Open(Recordings.Find(recording), upToDamage);
        RecordingInfo info = RecordingInfo.Of(folder, folder.Summary);
        Console.Out.WriteLine(json ? JsonSerializer.Serialize(info, JsonOutput.Options) : Text(info, folder.Manifest));
    }

    private static string Text(RecordingInfo info, Manifest manifest)
    {
        MachineDescription machine = manifest.Machine;
        string perThousand = info.Instructions == 0 ? "-" : string.Create(CultureInfo.InvariantCulture, $"{info.LogBytes * 1000.0 / info.Instructions:F4}");
        List<string> lines =
        [
            $"recording     {info.Recording}",
            $"written by    {manifest.WrittenBy}, format version {manifest.Version}",
            $"host          {manifest.Host.Processor}, {manifest.Host.System}",
            string.Create(CultureInfo.InvariantCulture, $"machine       {machine.CpuModel}, {machine.Vcpus} vCPU, {machine.MemoryBytes >> 20} MiB, clock {info.Clock}"),
            $"kernel        {manifest.Kernel.Path}",
            $"              sha256 {manifest.Kernel.Sha256}",
            $"initrd        {manifest.Initrd?.Path ?? "none"}",
            $"command line  {manifest.CommandLine}",
            string.Create(CultureInfo.InvariantCulture, $"instructions  {info.Instructions:N0} ({(info.Start == "0:0" ? "end at" : $"from {info.Start} to")} {info.End}){(info.Rolling ? ", the oldest part is dropped" : string.Empty)}"),
            string.Create(CultureInfo.InvariantCulture, $"log           {info.LogBytes:N0} bytes, {perThousand} bytes per 1000 instructions"),
            $"records       {info.Records}: {string.Join(", ", info.RecordsByKind.Select(kind => $"{kind.Key} {kind.Value}"))}",
            info.Checkpoints.Count == 0 ? "checkpoints   none" : string.Create(CultureInfo.InvariantCulture, $"checkpoints   {info.Checkpoints.Count}, {info.Checkpoints.Bytes:N0} bytes (the last at {info.Checkpoints.Last})"),
            $"ended         {info.Ended}{(info.EndedDetail is { Length: > 0 } detail ? $" ({detail})" : string.Empty)}",
            $"state hash    {info.StateHash ?? "none"}",
        ];
        if (info.Parent is not null)
        {
            lines.Add($"parent        goes on at {info.Start} from the recording whose manifest has sha256 {info.Parent}");
        }

        if (info.Damage is not null)
        {
            lines.Add($"damage        {info.Damage}");
        }

        return string.Join('\n', lines);
    }
}
