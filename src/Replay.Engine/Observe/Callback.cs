namespace Replay.Engine.Observe;

/// <summary>Takes one rare event at the moment at which it happens: the guest stands still and can be looked at.</summary>
/// <typeparam name="TEvent">What is known about it.</typeparam>
public delegate void Callback<TEvent>(in TEvent occurred)
    where TEvent : allows ref struct;
