using System.CommandLine;
using System.Text.Json.Nodes;
using Replay.Log;
using ReplayKit.Cli.Arguments;

namespace ReplayKit.Cli.Commands;

/// <summary><c>dump</c>: the records of a log.</summary>
internal static class DumpCommand
{
    /// <summary>The verb.</summary>
    public static Command Create()
    {
        Argument<string> recording = CommonOptions.Recording();
        Option<bool> upToDamage = CommonOptions.UpToDamage();
        Option<bool> json = CommonOptions.Json();
        Verb verb = new(
            "dump",
            "Prints the records of a recording's log, one per line: position, kind, content.",
            "replaykit dump latest | head",
            "replaykit dump boot.rk --json")
        {
            recording, upToDamage, json,
        };
        verb.SetAction(parsed => Dump(parsed.GetRequiredValue(recording), parsed.GetValue(upToDamage), parsed.GetValue(json)));
        return verb;
    }

    private static void Dump(string recording, bool upToDamage, bool json)
    {
        RecordingFolder folder = RecordingFolder.Open(Recordings.Find(recording), upToDamage);
        using LogReader log = folder.ReadLog();
        using StreamWriter output = new(Console.OpenStandardOutput(), bufferSize: 1 << 16);
        string separator = json ? "[\n" : string.Empty;
        while (log.Next())
        {
            JsonObject record = RecordText.Describe(log);
            output.Write(separator);
            output.Write(json ? record.ToJsonString() : RecordText.Line(record));
            separator = json ? ",\n" : "\n";
        }

        output.Write(json && separator == "[\n" ? "[\n]\n" : json ? "\n]\n" : separator);
    }
}
