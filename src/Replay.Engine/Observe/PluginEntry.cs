namespace Replay.Engine.Observe;

/// <summary>A plugin that can be asked for by its name: a line of the catalogue.</summary>
public abstract class PluginEntry
{
    private protected PluginEntry(string name, Type type)
    {
        Name = name;
        Construction = new PluginConstruction(name, type);
    }

    /// <summary>The word that chooses it.</summary>
    public string Name { get; }

    /// <summary>What it does, in a sentence: its documentation comment.</summary>
    public string Summary => Construction.Summary;

    /// <summary>Its options.</summary>
    public IReadOnlyList<PluginOption> Options => Construction.Options;

    /// <summary>Whether it can observe segments side by side.</summary>
    public abstract bool IsSegmented { get; }

    /// <summary>What its constructor says.</summary>
    private protected PluginConstruction Construction { get; }

    /// <summary>Makes one.</summary>
    /// <param name="options">Name and text of each option that was given.</param>
    /// <exception cref="Guest.Machine.ReplayKitException">RK0903: an option is unknown, missing or wrong.</exception>
    public abstract PluginRun Create(IReadOnlyDictionary<string, string> options);

    /// <summary>The line of a plugin without segments.</summary>
    public static PluginEntry Of<TPlugin>()
        where TPlugin : class, IPlugin => new Entry<TPlugin>(null);

    /// <summary>The line of a plugin with segments.</summary>
    public static PluginEntry OfSegmented<TPlugin>()
        where TPlugin : class, ISegmentedPlugin<TPlugin> => new Entry<TPlugin>((first, next) => first.Append(next));

    private sealed class Entry<TPlugin>(Action<TPlugin, TPlugin>? append) : PluginEntry(TPlugin.Name, typeof(TPlugin))
        where TPlugin : class, IPlugin
    {
        public override bool IsSegmented => append is not null;

        public override PluginRun Create(IReadOnlyDictionary<string, string> options) =>
            new PluginRun<TPlugin>((TPlugin)Construction.Create(options), append);
    }
}
