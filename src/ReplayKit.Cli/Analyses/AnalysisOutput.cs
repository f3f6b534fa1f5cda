using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Guest.Machine;
using Replay.Engine.Observe;
using ReplayKit.Cli.Terminal;
using Trace.Export;
using Trace.Export.Reports;

namespace ReplayKit.Cli.Analyses;

/// <summary>Where the results of an analysis go: files in a folder, and a look at them on standard output.</summary>
internal static class AnalysisOutput
{
    private const int MostRows = 20;

    /// <summary>Writes what the plugins found. What one that failed has found is not written; the others' is.</summary>
    /// <returns>0, or 1 where a plugin failed.</returns>
    public static int Write(IReadOnlyList<PluginRun> runs, string folder, ITableFormat format, TraceMetadata metadata, bool json)
    {
        Directory.CreateDirectory(folder);
        JsonObject all = [];
        foreach (PluginRun run in runs)
        {
            ReportFolder report = new(folder, run.Slot.Name);
            run.Report(report);
            if (run.Slot.Failure is { } failure)
            {
                string where = failure.StackTrace?.Split('\n')[0].Trim() ?? "nowhere";
                ReplayKitException error = new(901, ExitCode.WrongUsage, $"the plugin {run.Slot.Name} has failed, and has no results: {failure.GetType().Name}: {failure.Message.ReplaceLineEndings(" ")} ({where})");
                StandardError.Writer.WriteLine($"replaykit: {error.Message}");
                continue;
            }

            report.Write(format, metadata);
            all[run.Slot.Name] = json ? JsonOf(report) : null;
            if (!json)
            {
                Console.Out.Write(TextOf(report));
            }
        }

        if (json)
        {
            Console.Out.WriteLine(all.ToJsonString(JsonOutput.Options));
        }

        return runs.Any(run => run.Slot.Failure is not null) ? (int)ExitCode.WrongUsage : 0;
    }

    private static JsonObject JsonOf(ReportFolder report)
    {
        JsonObject tables = [];
        foreach (ReportRows table in report.Tables)
        {
            JsonNode[] rows = [.. table.Rows.Select(row => new JsonObject(table.Columns.Select((name, at) => KeyValuePair.Create(name, (JsonNode?)JsonSerializer.SerializeToNode(row[at])))))];
            tables[table.Name] = new JsonArray(rows);
        }

        return new JsonObject { ["tables"] = tables, ["files"] = JsonSerializer.SerializeToNode(report.Files) };
    }

    private static string TextOf(ReportFolder report)
    {
        StringBuilder text = new();
        foreach (ReportRows table in report.Tables)
        {
            text.Append(CultureInfo.InvariantCulture, $"{table.Name}: {table.Rows.Count} {(table.Rows.Count == 1 ? "row" : "rows")}\n");
            AppendRows(text, table);
        }

        foreach (string file in report.Files)
        {
            text.Append(CultureInfo.InvariantCulture, $"{file}  {new FileInfo(file).Length} bytes\n");
        }

        return text.ToString();
    }

    private static void AppendRows(StringBuilder text, ReportRows table)
    {
        string[][] rows = [[.. table.Columns], .. table.Rows.Take(MostRows).Select(row => row.Select(value => Convert.ToString(value, CultureInfo.InvariantCulture)!).ToArray())];
        int[] widths = [.. table.Columns.Select((_, column) => rows.Max(row => row[column].Length))];
        foreach (string[] row in rows)
        {
            string line = string.Join("  ", row.Select((value, column) => value.PadRight(widths[column])));
            text.Append("  ").Append(line.TrimEnd()).Append('\n');
        }

        if (table.Rows.Count > MostRows)
        {
            text.Append("  ...\n");
        }
    }
}
