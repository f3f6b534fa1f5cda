using System.CommandLine;
using System.Text.Json;
using ReplayKit.Cli.Arguments;

namespace ReplayKit.Cli.Commands;

/// <summary><c>unpack</c>: a packed recording as a folder again.</summary>
internal static class UnpackCommand
{
    /// <summary>The verb.</summary>
    public static Command Create()
    {
        Argument<string> file = new("FILE") { Description = "The packed recording." };
        Option<string?> output = new("--output", "-o") { Description = "The recording's folder (default: the file's name with .rk, here).", HelpName = "DIR" };
        Option<bool> json = CommonOptions.Json();
        Verb verb = new("unpack", "Makes a folder of a packed recording and checks every byte of it.", "replaykit unpack boot.rkz -o boot.rk") { file, output, json };
        verb.SetAction(parsed => Unpack(parsed.GetRequiredValue(file), parsed.GetValue(output), parsed.GetValue(json)));
        return verb;
    }

    private static void Unpack(string file, string? output, bool json)
    {
        string folder = output ?? Path.GetFileName(Path.ChangeExtension(file, ".rk"));
        Recordings.Unpack(file, folder);
        Console.Out.WriteLine(json ? JsonSerializer.Serialize(new Unpacked(file, folder), JsonOutput.Options) : folder);
    }

    private sealed record Unpacked(string File, string Recording);
}
