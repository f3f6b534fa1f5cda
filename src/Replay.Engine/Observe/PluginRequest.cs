using Guest.Machine;

namespace Replay.Engine.Observe;

/// <summary>A plugin as it is asked for: <c>NAME</c> or <c>NAME:option=value,option=value</c>.</summary>
/// <param name="Entry">Its line of the catalogue.</param>
/// <param name="Options">The options that were given.</param>
/// <param name="Text">The text.</param>
public sealed record PluginRequest(PluginEntry Entry, IReadOnlyDictionary<string, string> Options, string Text)
{
    /// <summary>Makes one at work.</summary>
    /// <exception cref="ReplayKitException">RK0903: an option is unknown, missing or wrong.</exception>
    public PluginRun Create() => Entry.Create(Options);

    /// <summary>Reads the text.</summary>
    /// <exception cref="ReplayKitException">RK0902: there is no such plugin; RK0903: no option is said like that.</exception>
    public static PluginRequest Parse(string text, IReadOnlyList<PluginEntry> catalogue)
    {
        string[] parts = text.Split(':', 2);
        PluginEntry entry = catalogue.FirstOrDefault(each => each.Name == parts[0])
            ?? throw new ReplayKitException(902, ExitCode.WrongUsage, $"there is no plugin '{parts[0]}'; 'replaykit plugins' lists them");
        Dictionary<string, string> options = [];
        foreach (string option in parts.Length == 1 ? [] : parts[1].Split(','))
        {
            string[] pair = option.Split('=', 2);
            if (pair.Length != 2 || !options.TryAdd(pair[0], pair[1]))
            {
                throw new ReplayKitException(903, ExitCode.WrongUsage, $"'{option}' of '{text}' is not NAME=VALUE, or stands there twice");
            }
        }

        return new PluginRequest(entry, options, text);
    }
}
