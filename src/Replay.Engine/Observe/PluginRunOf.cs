namespace Replay.Engine.Observe;

/// <summary>A plugin at work.</summary>
/// <typeparam name="TPlugin">The plugin.</typeparam>
/// <param name="plugin">The object.</param>
/// <param name="append">Joins it with the next piece's; null where it has no segments.</param>
public sealed class PluginRun<TPlugin>(TPlugin plugin, Action<TPlugin, TPlugin>? append) : PluginRun
    where TPlugin : class, IPlugin
{
    /// <summary>The object.</summary>
    public TPlugin Plugin { get; } = plugin;

    /// <inheritdoc/>
    public override PluginSlot Slot { get; } = new(TPlugin.Name);

    /// <inheritdoc/>
    public override bool IsSegmented => append is not null;

    /// <inheritdoc/>
    public override void Append(PluginRun next)
    {
        Action<TPlugin, TPlugin> join = append ?? throw new InvalidOperationException($"{Slot.Name} has no segments");
        Slot.Call(() => join(Plugin, ((PluginRun<TPlugin>)next).Plugin));
    }

    /// <inheritdoc/>
    public override void Report(IReport report) => Slot.Call(() => Plugin.Report(report));

    internal override void Subscribe(Subscriptions wanted, ObservedGuest guest) =>
        Slot.Call(() => Plugin.Subscribe(new Instrumentation(Slot, wanted, guest, State)));
}
