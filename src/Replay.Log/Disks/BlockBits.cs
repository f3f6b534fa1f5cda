using System.Numerics;

namespace Replay.Log.Disks;

/// <summary>A bit for each block of a disk.</summary>
internal sealed class BlockBits
{
    private const int WordShift = 6;
    private const int WordBits = 1 << WordShift;

    private readonly ulong[] _words;

    /// <summary>All clear.</summary>
    /// <param name="bytes">Bytes of the disk.</param>
    internal BlockBits(long bytes) => _words = new ulong[(((bytes + ScratchDisk.BlockBytes - 1) / ScratchDisk.BlockBytes) + WordBits - 1) >> WordShift];

    internal bool Has(long block) => (_words[block >> WordShift] >> (int)(block & (WordBits - 1)) & 1) != 0;

    internal void Set(long block) => _words[block >> WordShift] |= 1UL << (int)(block & (WordBits - 1));

    /// <summary>Sets the bits of all blocks that a range of bytes touches.</summary>
    internal void SetRange(long offset, int length)
    {
        for (long block = offset / ScratchDisk.BlockBytes; length > 0 && block <= (offset + length - 1) / ScratchDisk.BlockBytes; block++)
        {
            Set(block);
        }
    }

    /// <summary>The numbers of the blocks whose bit is set, ascending; none is afterwards.</summary>
    internal int[] Take()
    {
        int[] blocks = [.. Blocks()];
        Clear();
        return blocks;
    }

    internal void Clear() => Array.Clear(_words);

    /// <summary>The numbers of the blocks whose bit is set here or there, ascending.</summary>
    internal IEnumerable<int> Or(BlockBits other) => Blocks(word => _words[word] | other._words[word]);

    /// <summary>The numbers of the blocks whose bit is set, ascending.</summary>
    internal IEnumerable<int> Blocks() => Blocks(word => _words[word]);

    private IEnumerable<int> Blocks(Func<int, ulong> word)
    {
        for (int i = 0; i < _words.Length; i++)
        {
            for (ulong bits = word(i); bits != 0; bits &= bits - 1)
            {
                yield return (i << WordShift) + BitOperations.TrailingZeroCount(bits);
            }
        }
    }
}
