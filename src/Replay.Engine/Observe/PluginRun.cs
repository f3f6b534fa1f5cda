using Guest.Machine.State;

namespace Replay.Engine.Observe;

/// <summary>A plugin at work on one piece of a recording.</summary>
public abstract class PluginRun
{
    /// <summary>Calls it, and knows whether it has failed.</summary>
    public abstract PluginSlot Slot { get; }

    /// <summary>What it keeps, once it has subscribed.</summary>
    protected List<IPluginState> State { get; } = [];

    /// <summary>Whether the results of consecutive pieces can be joined.</summary>
    public abstract bool IsSegmented { get; }

    /// <summary>Takes over the results of the next piece.</summary>
    /// <exception cref="InvalidOperationException">It has no segments, or the other is another plugin.</exception>
    public abstract void Append(PluginRun next);

    /// <summary>Has it hand over its results.</summary>
    public abstract void Report(IReport report);

    /// <summary>Writes its results for another process.</summary>
    public void Save(StateWriter writer) => State.ForEach(part => writer.WritePart(part.Save));

    /// <summary>Takes over results that another process has written.</summary>
    public void Load(StateReader reader) => State.ForEach(part => reader.ReadPart(Slot.Name, part.Load));

    /// <summary>Has it subscribe without a replay, so that it can take over results.</summary>
    public void SubscribeToNothing() => Subscribe(new Subscriptions(), null!);

    internal abstract void Subscribe(Subscriptions wanted, ObservedGuest guest);
}
