using System.Numerics;

namespace Analysis.Plugins.Profiling;

/// <summary>Instructions by stack and by the address at which execution came to the function on its top: after a call, a return, a jump or an interrupt.</summary>
internal sealed class RunCounts
{
    private Entry[] _entries = new Entry[1 << 16];
    private int _count;

    /// <summary>All of them, in no order that means anything.</summary>
    public IEnumerable<(int Stack, ulong Pc, long Count)> All => _entries.Where(entry => entry.Count != 0).Select(entry => (entry.Stack, entry.Pc, entry.Count));

    /// <summary>How many there are.</summary>
    public int Count => _count;

    /// <summary>Adds instructions.</summary>
    public void Add(int stack, ulong pc, long count)
    {
        int mask = _entries.Length - 1;
        for (int at = Hash(stack, pc) & mask; ; at = (at + 1) & mask)
        {
            ref Entry entry = ref _entries[at];
            if (entry.Pc == pc && entry.Stack == stack && entry.Count != 0)
            {
                entry.Count += count;
                return;
            }

            if (entry.Count == 0)
            {
                entry = new Entry(stack, pc, count);
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
