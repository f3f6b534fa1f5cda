using System.Collections.Immutable;
using Guest.Machine.X86.Decode;
using Guest.Machine.X86.Translate.Analyse;

namespace Guest.Machine.X86.Translate.Link;

/// <summary>The translated blocks of one RAM page.</summary>
internal sealed class PageBlocks
{
    private readonly Dictionary<Key, TranslatedBlock> _blocks = [];
    private PageLines _lines;

    /// <summary>Blocks held.</summary>
    internal int Count => _blocks.Count;

    /// <summary>Finds a block.</summary>
    /// <param name="offset">Where it begins.</param>
    /// <param name="mode">What it was translated for.</param>
    /// <param name="linear">The page's linear address, where the code depends on it.</param>
    internal TranslatedBlock? Find(int offset, ModeKey mode, ulong linear) => _blocks.GetValueOrDefault(new Key(offset, mode, linear));

    /// <summary>Adds a block.</summary>
    internal void Add(TranslatedBlock block)
    {
        _blocks.Add(new Key(block.Offset, block.Mode, block.Linear), block);
        _lines.Add(block.Offset, block.Bytes);
    }

    /// <summary>Removes the blocks that contain any of the bytes, and hands them over.</summary>
    internal void Remove(int offset, int length, List<TranslatedBlock> removed)
    {
        if (!_lines.MayHold(offset, length))
        {
            return;
        }

        foreach ((Key key, TranslatedBlock block) in _blocks)
        {
            if (block.Offset < offset + length && offset < block.Offset + block.Bytes)
            {
                removed.Add(block);
                _ = _blocks.Remove(key);
            }
        }
    }

    /// <summary>Removes the blocks that contain any of some linear addresses or end before it, and hands them over.</summary>
    internal void RemoveAt(ImmutableArray<ulong> addresses, List<TranslatedBlock> removed)
    {
        foreach ((Key key, TranslatedBlock block) in _blocks)
        {
            ulong start = block.Linear + (ulong)block.Offset;
            foreach (ulong address in addresses)
            {
                if (address - start <= (ulong)block.Bytes)
                {
                    removed.Add(block);
                    _ = _blocks.Remove(key);
                    break;
                }
            }
        }
    }

    private readonly record struct Key(int Offset, ModeKey Mode, ulong Linear);
}
