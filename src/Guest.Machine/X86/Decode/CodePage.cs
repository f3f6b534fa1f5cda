namespace Guest.Machine.X86.Decode;

/// <summary>The blocks of one RAM page.</summary>
internal sealed class CodePage
{
    private readonly Dictionary<int, Block> _blocks = [];
    private PageLines _lines;

    /// <summary>Blocks held.</summary>
    internal int Count => _blocks.Count;

    /// <summary>Finds the block at an offset decoded for a code size (0, 1, 2: 16, 32, 64 bits), or the single instruction.</summary>
    internal Block? Find(int offset, int codeSize, bool single) => _blocks.GetValueOrDefault(Key(offset, codeSize, single));

    /// <summary>Adds a block.</summary>
    internal void Add(Block block, int codeSize, bool single)
    {
        _blocks[Key(block.Offset, codeSize, single)] = block;
        _lines.Add(block.Offset, block.Bytes);
    }

    /// <summary>Drops the blocks that contain any of the bytes.</summary>
    /// <returns>Whether there was one.</returns>
    internal bool Drop(int offset, int length)
    {
        if (!_lines.MayHold(offset, length))
        {
            return false;
        }

        bool dropped = false;
        foreach ((int key, Block block) in _blocks)
        {
            if (block.Offset < offset + length && offset < block.Offset + block.Bytes)
            {
                dropped |= _blocks.Remove(key);
            }
        }

        return dropped;
    }

    private static int Key(int offset, int codeSize, bool single) => (offset << 3) | (single ? 4 : 0) | codeSize;
}
