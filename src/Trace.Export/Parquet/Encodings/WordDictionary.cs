using System.Runtime.CompilerServices;

namespace Trace.Export.Parquet.Encodings;

/// <summary>Numbers the distinct values of a row group's column, in the order in which they come.</summary>
/// <remarks>Preallocated (about 1 MiB); cleared for the next row group. A hash table with linear probing.</remarks>
internal sealed class WordDictionary
{
    /// <summary>Distinct values that it holds at most: an index has 16 bits.</summary>
    public const int Capacity = 65_536;

    private const int Slots = 2 * Capacity;

    // A guest can choose addresses that meet in one slot: then the column is stored in another way, not slowly.
    private const int MaxProbes = 128;

    private readonly ulong[] _words = new ulong[Capacity];

    // An index plus one; 0 is free.
    private readonly int[] _slots = new int[Slots];

    /// <summary>Distinct values so far.</summary>
    public int Count { get; private set; }

    /// <summary>The distinct values, by index.</summary>
    public ReadOnlySpan<ulong> Words => _words.AsSpan(0, Count);

    /// <summary>Forgets all values.</summary>
    public void Clear()
    {
        Array.Clear(_slots);
        Count = 0;
    }

    /// <summary>Finds or gives the index of each word.</summary>
    /// <returns>False where the dictionary is full; then some of the words may have been added.</returns>
    public bool TryIndex(ReadOnlySpan<ulong> words, Span<ushort> indices)
    {
        ulong last = 0;
        int lastIndex = -1;
        for (int i = 0; i < words.Length; i++)
        {
            ulong word = words[i];
            if (word != last || lastIndex < 0)
            {
                last = word;
                lastIndex = IndexOf(word);
                if (lastIndex < 0)
                {
                    return false;
                }
            }

            indices[i] = (ushort)lastIndex;
        }

        return true;
    }

    private int IndexOf(ulong word)
    {
        int slot = FirstSlot(word);
        for (int probe = 0; probe < MaxProbes; probe++)
        {
            int entry = _slots[(slot + probe) & (Slots - 1)] - 1;
            if (entry < 0)
            {
                return Add(word, (slot + probe) & (Slots - 1));
            }

            if (_words[entry] == word)
            {
                return entry;
            }
        }

        return -1;
    }

    // The low bits stay as they are: addresses near each other share cache lines of the table.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int FirstSlot(ulong word) => (int)(unchecked(word + ((word >> 16) * 0x9E37_79B9_7F4A_7C15UL >> 40)) & (Slots - 1));

    private int Add(ulong word, int slot)
    {
        if (Count == Capacity)
        {
            return -1;
        }

        _words[Count] = word;
        _slots[slot] = ++Count;
        return Count - 1;
    }
}
