using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Replay.Engine.Observe;
using ReplayKit.Cli.Analyses;
using ReplayKit.Cli.Arguments;

namespace ReplayKit.Cli.Commands;

/// <summary><c>plugins</c>: the analyses there are.</summary>
internal static class PluginsCommand
{
    /// <summary>The verb.</summary>
    public static Command Create()
    {
        Option<string[]> assemblies = PluginChoice.Assemblies();
        Option<bool> json = CommonOptions.Json();
        Verb verb = new(
            "plugins",
            "Lists the plugins of 'analyze' with their options.",
            "replaykit plugins",
            "replaykit plugins --plugin my.dll --json")
        {
            assemblies, json,
        };
        verb.SetAction(parsed => Show(PluginChoice.All(parsed.GetRequiredValue(assemblies)), parsed.GetValue(json)));
        return verb;
    }

    private static void Show(IReadOnlyList<PluginEntry> plugins, bool json)
    {
        if (json)
        {
            Console.Out.WriteLine(JsonSerializer.Serialize(plugins.Select(plugin => new { plugin.Name, plugin.Summary, Segments = plugin.IsSegmented, plugin.Options }), JsonOutput.Options));
            return;
        }

        foreach (PluginEntry plugin in plugins)
        {
            Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{plugin.Name,-18} {plugin.Summary}"));
            foreach (PluginOption option in plugin.Options)
            {
                string value = option.Default is { } given ? $"{option.Type}, {(given.Length > 0 ? given : "nothing")} if not given" : $"{option.Type}, must be given";
                Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {option.Name,-16} {option.Help} ({value})"));
            }
        }
    }
}
