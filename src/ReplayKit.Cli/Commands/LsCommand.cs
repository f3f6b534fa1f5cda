using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using ReplayKit.Cli.Arguments;

namespace ReplayKit.Cli.Commands;

/// <summary><c>ls</c>: the recordings that <c>latest</c> chooses from.</summary>
internal static class LsCommand
{
    /// <summary>The verb.</summary>
    public static Command Create()
    {
        Option<bool> json = CommonOptions.Json();
        Verb verb = new("ls", "Lists the recordings of $REPLAYKIT_HOME (default: the current folder), newest first.", "replaykit ls") { json };
        verb.SetAction(parsed => List(parsed.GetValue(json)));
        return verb;
    }

    private static void List(bool json)
    {
        List<Row> rows = [.. Recordings.List().Select(Describe)];
        if (json)
        {
            Console.Out.WriteLine(JsonSerializer.Serialize(rows, JsonOutput.Options));
            return;
        }

        foreach (Row row in rows)
        {
            Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{row.Created:yyyy-MM-dd HH:mm:ss}  {row.Bytes,14:N0} bytes  {row.Recording}"));
        }
    }

    private static Row Describe(string folder) => new(
        folder,
        File.GetLastWriteTime(Path.Combine(folder, Recordings.ManifestName)),
        Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Sum(file => new FileInfo(file).Length));

    private sealed record Row(string Recording, DateTime Created, long Bytes);
}
