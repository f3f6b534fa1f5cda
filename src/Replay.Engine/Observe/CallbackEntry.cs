namespace Replay.Engine.Observe;

/// <summary>A plugin's callback.</summary>
internal readonly record struct CallbackEntry<TEvent>(PluginSlot Plugin, Callback<TEvent> Callback)
    where TEvent : allows ref struct
{
    /// <summary>Calls it.</summary>
    internal void Call(in TEvent occurred) => Plugin.Call(Callback, occurred);
}
