namespace Replay.Engine.Observe;

/// <summary>An analysis whose pieces can be joined: it can observe the segments of a recording side by side.</summary>
/// <remarks>All state that is joined is registered: counters by their subscription, the rest by <see cref="IInstrumentation.Keep"/>.</remarks>
/// <typeparam name="TSelf">The plugin.</typeparam>
public interface ISegmentedPlugin<TSelf> : IPlugin
    where TSelf : ISegmentedPlugin<TSelf>
{
    /// <summary>Takes over the results of the segment that follows this one's directly.</summary>
    void Append(TSelf next);
}
