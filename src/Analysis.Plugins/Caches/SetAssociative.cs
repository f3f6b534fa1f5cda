using System.Numerics;

namespace Analysis.Plugins.Caches;

/// <summary>A set-associative store of line numbers: a cache without its data, or a TLB.</summary>
/// <remarks>A set keeps its lines in one stretch of an array, the one to be replaced last; only FIFO and random leave them where they are on a hit.</remarks>
public sealed class SetAssociative
{
    private const ulong Valid = 1ul << 63;
    private readonly ulong[] _lines;
    private readonly bool[] _dirty;
    private readonly int _ways;
    private readonly ulong _setMask;
    private readonly ReplacementPolicy _policy;
    private ulong _random = 0x9E37_79B9_7F4A_7C15;

    /// <summary>Makes an empty one.</summary>
    public SetAssociative(CacheShape shape, ReplacementPolicy policy)
    {
        (_ways, _setMask, _policy) = (shape.Ways, (ulong)shape.Sets - 1, policy);
        _lines = new ulong[shape.Sets * shape.Ways];
        _dirty = new bool[_lines.Length];
    }

    /// <summary>Looks a line up, and brings it in where it is not there.</summary>
    /// <param name="line">The line's number: its address without the bits inside it; below 2^63.</param>
    /// <param name="isWrite">Whether it is written.</param>
    /// <param name="evicted">The line that had to go for it; null where none had.</param>
    /// <param name="wasDirty">Whether that one had been written.</param>
    /// <returns>Whether it was there.</returns>
    public bool Access(ulong line, bool isWrite, out ulong? evicted, out bool wasDirty)
    {
        int first = (int)(line & _setMask) * _ways;
        Span<ulong> set = _lines.AsSpan(first, _ways);
        (evicted, wasDirty) = (null, false);
        int way = set.IndexOf(line | Valid);
        bool isHit = way >= 0;
        if (!isHit)
        {
            way = Victim(set);
            if (set[way] != 0)
            {
                (evicted, wasDirty) = (set[way] & ~Valid, _dirty[first + way]);
            }

            (set[way], _dirty[first + way]) = (line | Valid, false);
        }

        _dirty[first + way] |= isWrite;
        if (_policy == ReplacementPolicy.Lru || (_policy == ReplacementPolicy.Fifo && !isHit))
        {
            MoveToFront(first, way);
        }

        return isHit;
    }

    /// <summary>Notes that a line was written back from the level above, where it is there.</summary>
    /// <returns>Whether it is there.</returns>
    public bool TakeBack(ulong line)
    {
        int first = (int)(line & _setMask) * _ways;
        int way = _lines.AsSpan(first, _ways).IndexOf(line | Valid);
        if (way >= 0)
        {
            _dirty[first + way] = true;
        }

        return way >= 0;
    }

    private int Victim(Span<ulong> set)
    {
        if (_policy != ReplacementPolicy.Random)
        {
            return set.Length - 1;
        }

        int free = set.IndexOf(0ul);
        if (free >= 0)
        {
            return free;
        }

        _random ^= _random << 13;
        _random ^= _random >> 7;
        _random ^= _random << 17;
        return (int)(BitOperations.RotateLeft(_random, 20) % (ulong)set.Length);
    }

    private void MoveToFront(int first, int way)
    {
        (ulong line, bool dirty) = (_lines[first + way], _dirty[first + way]);
        Array.Copy(_lines, first, _lines, first + 1, way);
        Array.Copy(_dirty, first, _dirty, first + 1, way);
        (_lines[first], _dirty[first]) = (line, dirty);
    }
}
