using Analysis.Plugins.Caches;

namespace Analysis.Plugins.Branches;

/// <summary>A branch target buffer: where taken jumps and calls led the last time.</summary>
/// <param name="shape">Its sets and ways; least recently used entries give way.</param>
public sealed class TargetBuffer(CacheShape shape)
{
    private readonly SetAssociative _known = new(shape, ReplacementPolicy.Lru);
    private readonly Dictionary<ulong, ulong> _targets = [];

    /// <summary>Says whether it knew where a taken jump leads, and learns it.</summary>
    public bool Predict(ulong pc, ulong target)
    {
        bool isKnown = _known.Access(pc & (ulong.MaxValue >> 1), isWrite: false, out ulong? evicted, out _);
        if (evicted is { } gone)
        {
            _targets.Remove(gone);
        }

        bool isRight = isKnown && _targets[pc & (ulong.MaxValue >> 1)] == target;
        _targets[pc & (ulong.MaxValue >> 1)] = target;
        return isRight;
    }
}
