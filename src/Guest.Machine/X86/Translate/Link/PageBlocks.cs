using System.Collections.Immutable;
using Guest.Machine.X86.Translate.Analyse;

namespace Guest.Machine.X86.Translate.Link;

/// <summary>The translated blocks of one RAM page, by the 64 bytes in which they begin.</summary>
internal sealed class PageBlocks
{
    private const int LineShift = 6;
    private readonly TranslatedBlock?[] _lines = new TranslatedBlock?[0x1000 >> LineShift];
    private int _longest = 1;

    /// <summary>Blocks held.</summary>
    internal int Count { get; private set; }

    /// <summary>Finds a block.</summary>
    /// <param name="offset">Where it begins.</param>
    /// <param name="mode">What it was translated for.</param>
    /// <param name="linear">The page's linear address, where the code depends on it.</param>
    internal TranslatedBlock? Find(int offset, ModeKey mode, ulong linear)
    {
        for (TranslatedBlock? block = _lines[offset >> LineShift]; block is not null; block = block.Next)
        {
            if (block.Offset == offset && block.Mode == mode && block.Linear == linear)
            {
                return block;
            }
        }

        return null;
    }

    /// <summary>Adds a block.</summary>
    internal void Add(TranslatedBlock block)
    {
        ref TranslatedBlock? first = ref _lines[block.Offset >> LineShift];
        block.Next = first;
        first = block;
        _longest = Math.Max(_longest, block.Bytes);
        Count++;
    }

    /// <summary>Removes the blocks that contain any of the bytes, and hands them over.</summary>
    internal void Remove(int offset, int length, List<TranslatedBlock> removed)
    {
        int last = (offset + length - 1) >> LineShift;
        for (int line = Math.Max(0, offset - _longest + 1) >> LineShift; line <= last; line++)
        {
            for (TranslatedBlock? block = _lines[line]; block is not null; block = block.Next)
            {
                if (block.Offset < offset + length && offset < block.Offset + block.Bytes)
                {
                    removed.Add(block);
                }
            }
        }

        TakeOut(removed);
    }

    /// <summary>Removes one block, and hands it over.</summary>
    internal void Remove(TranslatedBlock block, List<TranslatedBlock> removed)
    {
        removed.Add(block);
        TakeOut(removed);
    }

    /// <summary>Removes the blocks that contain any of some linear addresses or end before it, and hands them over.</summary>
    internal void RemoveAt(ImmutableArray<ulong> addresses, List<TranslatedBlock> removed)
    {
        foreach (TranslatedBlock? first in _lines)
        {
            for (TranslatedBlock? block = first; block is not null; block = block.Next)
            {
                if (Holds(block, addresses))
                {
                    removed.Add(block);
                }
            }
        }

        TakeOut(removed);
    }

    private static bool Holds(TranslatedBlock block, ImmutableArray<ulong> addresses)
    {
        ulong start = block.Linear + (ulong)block.Offset;
        foreach (ulong address in addresses)
        {
            if (address - start <= (ulong)block.Bytes)
            {
                return true;
            }
        }

        return false;
    }

    private void TakeOut(List<TranslatedBlock> removed)
    {
        foreach (TranslatedBlock gone in removed)
        {
            ref TranslatedBlock? first = ref _lines[gone.Offset >> LineShift];
            if (first == gone)
            {
                first = gone.Next;
            }
            else
            {
                TranslatedBlock before = first!;
                while (before.Next != gone)
                {
                    before = before.Next!;
                }

                before.Next = gone.Next;
            }

            gone.Next = null;
        }

        Count -= removed.Count;
    }
}
