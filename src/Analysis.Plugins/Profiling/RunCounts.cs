using System.Numerics;

namespace Analysis.Plugins.Profiling;

/// <summary>Instructions by stack and by the address at which execution came to the function on its top: after a call, a return, a jump or an interrupt.</summary>
internal sealed class RunCounts
{
    private Entry[] _entries = new Entry[1 << 12];
    private int[] _places = new int[1 << 13];
    private int _known;

    /// <summary>All of them, in no order that means anything.</summary>
    public IEnumerable<(int Stack, ulong Pc, long Count)> All => _entries.Take(_known).Where(entry => entry.Count != 0).Select(entry => (entry.Stack, entry.Pc, entry.Count));

    /// <summary>How many there are.</summary>
    public int Count => _entries.Take(_known).Count(entry => entry.Count != 0);

    /// <summary>Adds instructions.</summary>
    public void Add(int stack, ulong pc, long count) => Add(Of(stack, pc), count);

    /// <summary>Adds instructions to a run by its number.</summary>
    public void Add(int run, long count) => _entries[run].Count += count;

    /// <summary>The number of a run.</summary>
    public int Of(int stack, ulong pc)
    {
        int at = PlaceOf(stack, pc);
        if (_places[at] != 0)
        {
            return _places[at] - 1;
        }

        if (_known == _entries.Length)
        {
            Grow();
            at = PlaceOf(stack, pc);
        }

        _entries[_known] = new Entry(stack, pc, 0);
        _places[at] = ++_known;
        return _known - 1;
    }

    private void Grow()
    {
        Array.Resize(ref _entries, 2 * _known);
        _places = new int[2 * _entries.Length];
        for (int run = 0; run < _known; run++)
        {
            _places[PlaceOf(_entries[run].Stack, _entries[run].Pc)] = run + 1;
        }
    }

    // Where a run is, or would be.
    private int PlaceOf(int stack, ulong pc)
    {
        int mask = _places.Length - 1;
        int at = Hash(stack, pc) & mask;
        while (_places[at] != 0 && !(_entries[_places[at] - 1] is var entry && entry.Pc == pc && entry.Stack == stack))
        {
            at = (at + 1) & mask;
        }

        return at;
    }

    private static int Hash(int stack, ulong pc) => (int)(BitOperations.RotateLeft((pc ^ ((ulong)(uint)stack << 40)) * 0x9E37_79B9_7F4A_7C15, 27) & int.MaxValue) + stack;

    private record struct Entry(int Stack, ulong Pc, long Count);
}
