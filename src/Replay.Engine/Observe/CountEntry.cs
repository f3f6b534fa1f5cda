namespace Replay.Engine.Observe;

/// <summary>A counter that a plugin has asked for.</summary>
internal readonly record struct CountEntry<TCounter>(TCounter Counter, CodeFilter? Where);
