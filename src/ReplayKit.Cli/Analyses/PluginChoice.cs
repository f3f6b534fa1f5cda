using System.CommandLine;
using Analysis.Plugins;
using Replay.Engine.Observe;

namespace ReplayKit.Cli.Analyses;

/// <summary>Which plugins there are, and which are asked for.</summary>
internal static class PluginChoice
{
    /// <summary>Assemblies with more plugins.</summary>
    public static Option<string[]> Assemblies() => new("--plugin")
    {
        Description = "Also use the plugins of this assembly (samples/plugin is a template). Give it again for more.",
        HelpName = "DLL",
        DefaultValueFactory = _ => [],
    };

    /// <summary>Those that come with the command, and those of the assemblies.</summary>
    public static IReadOnlyList<PluginEntry> All(string[] assemblies) => [.. PluginCatalogue.All, .. assemblies.SelectMany(PluginAssembly.Load)];

    /// <summary>Those that are asked for.</summary>
    public static IReadOnlyList<PluginRequest> Parse(IReadOnlyList<string> texts, string[] assemblies)
    {
        IReadOnlyList<PluginEntry> all = All(assemblies);
        PluginRequest[] requests = [.. texts.Select(text => PluginRequest.Parse(text, all))];
        return requests.GroupBy(request => request.Entry.Name).FirstOrDefault(group => group.Count() > 1) is { } twice
            ? throw UsageError.Contradiction($"the plugin {twice.Key} is asked for twice, and both would write the same files")
            : requests;
    }

    /// <summary>Refuses plugins that must see a recording in one piece.</summary>
    public static void RequireSegments(IReadOnlyList<PluginRequest> requests, string option)
    {
        if (requests.FirstOrDefault(request => !request.Entry.IsSegmented) is { } whole)
        {
            throw new Guest.Machine.ReplayKitException(906, Guest.Machine.ExitCode.WrongUsage, $"the plugin {whole.Entry.Name} must see the recording in one piece: leave out {option}");
        }
    }
}
