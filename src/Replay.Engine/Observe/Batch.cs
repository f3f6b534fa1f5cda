namespace Replay.Engine.Observe;

/// <summary>Takes events in the order in which they happened. The span is the engine's again afterwards.</summary>
/// <typeparam name="TEvent">A record of fixed size.</typeparam>
public delegate void Batch<TEvent>(ReadOnlySpan<TEvent> events)
    where TEvent : unmanaged;
