namespace Replay.Engine.Observe;

/// <summary>Events of one subscription on their way to the plugin.</summary>
internal sealed class EventBuffer<TEvent>(PluginSlot plugin, Batch<TEvent> take, CodeFilter? where, bool reads = true, bool writes = true)
    where TEvent : unmanaged
{
    private readonly TEvent[] _events = new TEvent[4096];
    private int _count;

    /// <summary>Which code.</summary>
    internal CodeFilter? Where { get; } = where;

    /// <summary>Whether reads are wanted.</summary>
    internal bool Reads { get; } = reads;

    /// <summary>Whether writes are wanted.</summary>
    internal bool Writes { get; } = writes;

    /// <summary>Appends an event.</summary>
    internal void Add(in TEvent occurred)
    {
        if (_count == _events.Length)
        {
            Flush();
        }

        _events[_count++] = occurred;
    }

    /// <summary>Hands over what is there.</summary>
    internal void Flush()
    {
        plugin.Call(take, _events.AsSpan(0, _count));
        _count = 0;
    }
}
