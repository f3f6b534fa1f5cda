using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Guest.Machine;
using Replay.Engine;
using ReplayKit.Cli.Arguments;
using ReplayKit.Cli.Terminal;
using Trace.Export;
using Trace.Export.Collect;
using Trace.Export.Streams;

namespace ReplayKit.Cli.Commands;

/// <summary><c>export</c>: the trace of a part of a recording as tables.</summary>
internal static class ExportCommand
{
    /// <summary>The verb.</summary>
    public static Command Create()
    {
        Argument<string> recording = CommonOptions.Recording();
        Option<string> tables = new("--table")
        {
            Description = $"The tables, with commas: {string.Join(", ", TraceFiles.TableNames)}.",
            HelpName = "NAMES",
            DefaultValueFactory = _ => "instructions,accesses,events",
        };
        Option<string?> trace = new("--trace") { Description = "Instead of tables, a trace for other tools: drmemtrace (DynamoRIO) or champsim (docs/traces.md).", HelpName = "FORMAT" };
        trace.AcceptOnlyFromAmong([.. TraceStreamFormat.All.Select(each => each.Name)]);
        Option<string> from = CommonOptions.From();
        Option<string> to = CommonOptions.To();
        Option<string> output = new("--out") { Description = "The folder for the tables; one file each.", HelpName = "DIR", Required = true };
        Option<string> format = TableFormatOption.Create();
        Option<bool> upToDamage = CommonOptions.UpToDamage();
        Option<bool> unconfined = CommonOptions.Unconfined();
        Option<bool> json = CommonOptions.Json();
        Verb verb = new(
            "export",
            "Replays a part of a recording and writes what it executed as tables.",
            "replaykit export latest --table instructions,accesses,events --from 50% --to 50.1% --out trace",
            "replaykit export boot.rk --trace champsim --from 50% --to 50.1% --out trace",
            "replaykit export boot.rk --table events --out events --format csv")
        {
            recording, tables, trace, from, to, output, format, upToDamage, unconfined, json,
        };
        verb.SetAction(parsed =>
        {
            string[] names = TableNames(parsed.GetRequiredValue(tables));
            string folder = NewFolder(parsed.GetRequiredValue(output));
            OpenRecording opened = OpenRecording.Open(parsed.GetRequiredValue(recording), parsed.GetValue(upToDamage));
            Window window = Window.Of(parsed.GetRequiredValue(from), parsed.GetRequiredValue(to), opened.Places);
            opened.CheckFor(window.From);
            ITableFormat chosen = TableFormatOption.Read(parsed.GetRequiredValue(format));
            Directory.CreateDirectory(folder);
            ConfinedReplay.Enter(parsed.GetValue(unconfined), opened, folder);
            if (TraceStreamFormat.All.FirstOrDefault(each => each.Name == parsed.GetValue(trace)) is { } stream)
            {
                Show(Export(opened, stream, window, folder), parsed.GetValue(json));
                return;
            }

            Show(Export(opened, names, window, folder, chosen), parsed.GetValue(json));
        });
        return verb;
    }

    private static List<Row> Export(OpenRecording recording, string[] names, Window window, string folder, ITableFormat format)
    {
        using Replayer replayer = new(recording.Folder, new NoConsole(), from: window.From);
        using ProgressBar progress = new("export", replayer.Machine.Position.Retired, window.To.Retired);
        replayer.Advanced = machine => progress.Report(machine.Position.Retired);
        using TraceFiles files = new(folder, names, format, new TraceMetadata(recording.ManifestHash, window.From, window.To));
        TraceExport.Run(replayer, files, window.From, window.To == recording.End ? null : window.To);
        return
        [
            .. Describe(files.Instructions), .. Describe(files.Accesses), .. Describe(files.Events), .. Describe(files.Code),
        ];
    }

    private static List<Row> Export(OpenRecording recording, TraceStreamFormat format, Window window, string folder)
    {
        using Replayer replayer = new(recording.Folder, new NoConsole(), recording.Engine, from: window.From);
        using ProgressBar progress = new("export", replayer.Machine.Position.Retired, window.To.Retired);
        replayer.Advanced = machine => progress.Report(machine.Position.Retired);
        ITraceStream stream = format.Create(folder);
        using (stream)
        {
            StreamExport.Run(replayer, stream, window.From, window.To == recording.End ? null : window.To);
        }

        return [.. stream.Files.Select(file => new Row(file, null, new FileInfo(file).Length))];
    }

    private static IEnumerable<Row> Describe<TRow>(TableFile<TRow>? file)
        where TRow : unmanaged =>
        file is null ? [] : [new Row(file.Path, file.Rows, new FileInfo(file.Path).Length)];

    private static void Show(List<Row> rows, bool json)
    {
        if (json)
        {
            Console.Out.WriteLine(JsonSerializer.Serialize(rows, JsonOutput.Options));
            return;
        }

        foreach (Row row in rows)
        {
            Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{row.File}  {(row.Rows is { } count ? $"{count} rows, " : string.Empty)}{row.Bytes} bytes"));
        }
    }

    private static string[] TableNames(string text)
    {
        string[] names = [.. text.Split(',', StringSplitOptions.TrimEntries).Distinct()];
        return names.FirstOrDefault(name => !TraceFiles.TableNames.Contains(name)) is { } unknown
            ? throw UsageError.NoTable(unknown, string.Join(", ", TraceFiles.TableNames))
            : names;
    }

    private static string NewFolder(string path) =>
        File.Exists(path) || (Directory.Exists(path) && Directory.EnumerateFileSystemEntries(path).Any()) ? throw UsageError.Exists(path) : path;

    private sealed record Row(string File, long? Rows, long Bytes);
}
