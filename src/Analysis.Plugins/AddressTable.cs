namespace Analysis.Plugins;

/// <summary>Numbers of pairs of words, from 0 in the order in which they came.</summary>
/// <remarks>Written out: a dictionary's being compiled costs more than all that is asked of this.</remarks>
internal sealed class AddressTable
{
    private (ulong First, ulong Second)[] _keys = new (ulong, ulong)[1 << 10];
    private int[] _places = new int[1 << 11];

    /// <summary>How many there are.</summary>
    public int Count { get; private set; }

    /// <summary>A pair by its number.</summary>
    public (ulong First, ulong Second) this[int number] => _keys[number];

    /// <summary>The number of a pair; negative where it has none.</summary>
    public int Find(ulong first, ulong second) => _places[PlaceOf(first, second)] - 1;

    /// <summary>The number of a pair; a new one where it has none.</summary>
    public int Of(ulong first, ulong second)
    {
        int place = PlaceOf(first, second);
        if (_places[place] != 0)
        {
            return _places[place] - 1;
        }

        if (Count == _keys.Length)
        {
            Grow();
            place = PlaceOf(first, second);
        }

        _keys[Count] = (first, second);
        _places[place] = ++Count;
        return Count - 1;
    }

    private int PlaceOf(ulong first, ulong second)
    {
        int mask = _places.Length - 1;
        int at = (int)((((second * 0x9E37_79B9_7F4A_7C15) ^ first) * 0xD6E8_FEB8_6659_FD93) >> 33) & mask;
        while (_places[at] != 0 && (_keys[_places[at] - 1].First != first || _keys[_places[at] - 1].Second != second))
        {
            at = (at + 1) & mask;
        }

        return at;
    }

    private void Grow()
    {
        Array.Resize(ref _keys, 2 * Count);
        _places = new int[2 * _keys.Length];
        for (int i = 0; i < Count; i++)
        {
            _places[PlaceOf(_keys[i].First, _keys[i].Second)] = i + 1;
        }
    }
}
