using System.Numerics;

namespace Analysis.Plugins.Caches;

/// <summary>A set-associative store of line numbers: a cache without its data, or a TLB.</summary>
/// <remarks>A set keeps its lines in one stretch of an array, the one to be replaced last; only FIFO and random leave them where they are on a hit.</remarks>
public sealed class SetAssociative
{
    private const ulong Dirty = 1;

    // A line's number plus one, shifted by one, and whether it was written; 0 where there is none.
    private readonly ulong[] _entries;
    private readonly int _ways;
    private readonly ulong _setMask;
    private readonly ReplacementPolicy _policy;
    private ulong _random = 0x9E37_79B9_7F4A_7C15;

    /// <summary>Makes an empty one.</summary>
    public SetAssociative(CacheShape shape, ReplacementPolicy policy)
    {
        (_ways, _setMask, _policy) = (shape.Ways, (ulong)shape.Sets - 1, policy);
        _entries = new ulong[shape.Sets * shape.Ways];
    }

    /// <summary>Accesses a line where it is the first of its set, which most accesses find; does nothing where it is not.</summary>
    /// <returns>Whether it is.</returns>
    internal bool TryFirst(ulong line, bool isWrite)
    {
        ref ulong entry = ref _entries[(int)(line & _setMask) * _ways];
        if ((entry ^ Key(line)) > Dirty)
        {
            return false;
        }

        entry |= isWrite ? Dirty : 0;
        return true;
    }

    /// <summary>Looks a line up, and brings it in where it is not there.</summary>
    /// <param name="line">The line's number: its address without the bits inside it; below 2^63 - 1.</param>
    /// <param name="isWrite">Whether it is written.</param>
    /// <param name="evicted">The line that had to go for it; null where none had.</param>
    /// <param name="wasDirty">Whether that one had been written.</param>
    /// <returns>Whether it was there.</returns>
    public bool Access(ulong line, bool isWrite, out ulong? evicted, out bool wasDirty)
    {
        Span<ulong> set = _entries.AsSpan((int)(line & _setMask) * _ways, _ways);
        bool isHit = _policy == ReplacementPolicy.Lru ? Renew(set, line, out ulong gone) : Find(set, line, out gone);
        if (isWrite)
        {
            set[_policy == ReplacementPolicy.Lru ? 0 : IndexOf(set, line)] |= Dirty;
        }

        (evicted, wasDirty) = (gone == 0 ? null : (gone >> 1) - 1, (gone & Dirty) != 0);
        return isHit;
    }

    /// <summary>Notes that a line was written back from the level above, where it is there.</summary>
    /// <returns>Whether it is there.</returns>
    public bool TakeBack(ulong line)
    {
        Span<ulong> set = _entries.AsSpan((int)(line & _setMask) * _ways, _ways);
        int way = IndexOf(set, line);
        if (way >= 0)
        {
            set[way] |= Dirty;
        }

        return way >= 0;
    }

    private static ulong Key(ulong line) => (line + 1) << 1;

    private static int IndexOf(ReadOnlySpan<ulong> set, ulong line)
    {
        ulong key = Key(line);
        for (int way = 0; way < set.Length; way++)
        {
            if ((set[way] ^ key) <= Dirty)
            {
                return way;
            }
        }

        return -1;
    }

    // Puts a line to the front: all before the place where it was move on by one, or all do and the last one goes.
    private static bool Renew(Span<ulong> set, ulong line, out ulong gone)
    {
        ulong key = Key(line);
        ulong moved = set[0];
        for (int way = 0; way < set.Length; way++)
        {
            ulong here = set[way];
            set[way] = moved;
            if ((here ^ key) <= Dirty)
            {
                (set[0], gone) = (here, 0);
                return true;
            }

            moved = here;
        }

        (set[0], gone) = (key, moved);
        return false;
    }

    private bool Find(Span<ulong> set, ulong line, out ulong gone)
    {
        gone = 0;
        if (IndexOf(set, line) >= 0)
        {
            return true;
        }

        if (_policy == ReplacementPolicy.Fifo)
        {
            return Renew(set, line, out gone);
        }

        ref ulong victim = ref set[Victim(set)];
        (gone, victim) = (victim, Key(line));
        return false;
    }

    private int Victim(ReadOnlySpan<ulong> set)
    {
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
}
