using System.Numerics;

namespace Analysis.Plugins.Profiling;

/// <summary>Instructions by stack and by the address at which execution came to the function on its top: after a call, a return, a jump or an interrupt.</summary>
internal sealed class RunCounts
{
    private Entry[] _entries = new Entry[1 << 16];
    private int _count;

    // Where the last count of each stack is: mostly that of the next one.
    private int[] _last = new int[1 << 12];

    /// <summary>All of them, in no order that means anything.</summary>
    public IEnumerable<(int Stack, ulong Pc, long Count)> All => _entries.Where(entry => entry.Count != 0).Select(entry => (entry.Stack, entry.Pc, entry.Count));

    /// <summary>How many there are.</summary>
    public int Count => _count;

    /// <summary>Adds instructions.</summary>
    public void Add(int stack, ulong pc, long count)
    {
        if (stack >= _last.Length)
        {
            Array.Resize(ref _last, Math.Max(stack + 1, 2 * _last.Length));
        }

        ref Entry last = ref _entries[_last[stack]];
        if (last.Pc == pc && last.Stack == stack && last.Count != 0)
        {
            last.Count += count;
            return;
        }

        int mask = _entries.Length - 1;
        for (int at = Hash(stack, pc) & mask; ; at = (at + 1) & mask)
        {
            ref Entry entry = ref _entries[at];
            if (entry.Pc == pc && entry.Stack == stack && entry.Count != 0)
            {
                entry.Count += count;
                _last[stack] = at;
                return;
            }

            if (entry.Count == 0)
            {
                entry = new Entry(stack, pc, count);
                _last[stack] = at;
                if (++_count > _entries.Length / 2)
                {
                    Grow();
                }

                return;
            }
        }
    }

    private void Grow()
    {
        Entry[] old = _entries;
        _entries = new Entry[old.Length * 2];
        _count = 0;
        foreach (Entry entry in old)
        {
            if (entry.Count != 0)
            {
                Add(entry.Stack, entry.Pc, entry.Count);
            }
        }
    }

    private static int Hash(int stack, ulong pc) => (int)(BitOperations.RotateLeft((pc ^ ((ulong)(uint)stack << 40)) * 0x9E37_79B9_7F4A_7C15, 27) & int.MaxValue) + stack;

    private record struct Entry(int Stack, ulong Pc, long Count);
}
