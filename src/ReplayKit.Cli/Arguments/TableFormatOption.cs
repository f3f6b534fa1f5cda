using System.CommandLine;
using Trace.Export;

namespace ReplayKit.Cli.Arguments;

/// <summary>The option that chooses the format of tables.</summary>
internal static class TableFormatOption
{
    /// <summary>The option.</summary>
    public static Option<string> Create()
    {
        Option<string> format = new("--format") { Description = "The files' format.", DefaultValueFactory = _ => TableFormats.All[0].Name };
        format.AcceptOnlyFromAmong([.. TableFormats.All.Select(each => each.Name)]);
        return format;
    }

    /// <summary>The format that it names.</summary>
    public static ITableFormat Read(string name) => TableFormats.All.Single(each => each.Name == name);
}
