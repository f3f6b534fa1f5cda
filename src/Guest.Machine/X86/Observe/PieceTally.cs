namespace Guest.Machine.X86.Observe;

/// <summary>Counts of pieces of code, by who executed them and where they led.</summary>
public sealed class PieceTally
{
    private PieceCount[] _counts = new PieceCount[1 << 10];
    private int[] _places = new int[1 << 11];

    /// <summary>How many there are.</summary>
    public int Count { get; private set; }

    /// <summary>All of them, in the order in which they came.</summary>
    public ReadOnlySpan<PieceCount> All => _counts.AsSpan(0, Count);

    /// <summary>A count; made where it is not there. Valid until the next one is asked for.</summary>
    public ref PieceCount Of(ulong owner, int piece, ulong target)
    {
        int at = PlaceOf(owner, piece, target);
        if (_places[at] != 0)
        {
            return ref _counts[_places[at] - 1];
        }

        if (Count == _counts.Length)
        {
            Grow();
            return ref Of(owner, piece, target);
        }

        _counts[Count] = new PieceCount(owner, piece, target);
        _places[at] = ++Count;
        return ref _counts[Count - 1];
    }

    /// <summary>Starts over.</summary>
    public void Clear()
    {
        Array.Clear(_places);
        Count = 0;
    }

    private void Grow()
    {
        Array.Resize(ref _counts, 2 * Count);
        _places = new int[2 * _counts.Length];
        for (int i = 0; i < Count; i++)
        {
            _places[PlaceOf(_counts[i].Owner, _counts[i].Piece, _counts[i].Target)] = i + 1;
        }
    }

    // Where a count is, or would be.
    private int PlaceOf(ulong owner, int piece, ulong target)
    {
        int mask = _places.Length - 1;
        int at = (int)((((target * 0x9E37_79B9_7F4A_7C15) ^ owner ^ ((ulong)(uint)piece << 32)) * 0xD6E8_FEB8_6659_FD93) >> 33) & mask;
        for (; _places[at] != 0; at = (at + 1) & mask)
        {
            ref readonly PieceCount known = ref _counts[_places[at] - 1];
            if (known.Piece == piece && known.Owner == owner && known.Target == target)
            {
                break;
            }
        }

        return at;
    }
}
