namespace Analysis.Plugins.Caches;

/// <summary>Which line of a set gives way to a new one.</summary>
public enum ReplacementPolicy
{
    /// <summary>The one that was used longest ago.</summary>
    Lru,

    /// <summary>The one that came first.</summary>
    Fifo,

    /// <summary>Any: the same in every run.</summary>
    Random,
}
