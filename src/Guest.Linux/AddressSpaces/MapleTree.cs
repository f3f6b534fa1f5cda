using Guest.Linux.Memory;
using Guest.Linux.Types;

namespace Guest.Linux.AddressSpaces;

/// <summary>Walks the kernel's maple trees (<c>lib/maple_tree.c</c>, since 6.1), in which it keeps what lies where in an address space.</summary>
/// <remarks>
/// Pointers to nodes carry the node's kind in their low byte; the tree's own pointer to its root has bit 1 set, those inside nodes have not. Slot i of a node holds what is above pivot i-1 and up to pivot i; the last slot goes up
/// to the node's own end. Nodes that a writer has replaced point to themselves as their parent. Every node is visited once at most.
/// </remarks>
internal sealed class MapleTree
{
    private const ulong NodeMask = 0xFF;
    private const int MaxDepth = 31;
    private const ulong LargestReserved = 4096; // xa_is_node(): smaller internal entries are marks, not pointers

    private readonly KernelMemory _memory;
    private readonly KernelField _root;
    private readonly int _dense;
    private readonly int _leaf;
    private readonly int _range;
    private readonly int _allocationRange;
    private readonly MapleNodeLayout _denseLayout;
    private readonly MapleNodeLayout _rangeLayout;
    private readonly MapleNodeLayout _allocationLayout;

    public MapleTree(LinuxKernel kernel)
    {
        KernelTypes types = kernel.Types;
        _memory = kernel.Memory;
        _root = types.Field("maple_tree", "ma_root");
        _dense = (int)types.ValueOf("maple_type", "maple_dense");
        _leaf = (int)types.ValueOf("maple_type", "maple_leaf_64");
        _range = (int)types.ValueOf("maple_type", "maple_range_64");
        _allocationRange = (int)types.ValueOf("maple_type", "maple_arange_64");
        _denseLayout = MapleNodeLayout.Dense(types);
        _rangeLayout = MapleNodeLayout.WithPivots(types, "maple_range_64");
        _allocationLayout = MapleNodeLayout.WithPivots(types, "maple_arange_64");
    }

    /// <summary>All entries in the order of their indices.</summary>
    /// <param name="tree">The <c>struct maple_tree</c>.</param>
    public Listing<MapleEntry> Entries(ulong tree)
    {
        List<MapleEntry> found = [];
        return !_memory.TryRead(tree, _root, out ulong root)
            ? new Listing<MapleEntry>(found, "the tree of memory areas cannot be read")
            : new Listing<MapleEntry>(found, Visit(root, new MapleEntry(0, ulong.MaxValue, 0), found, [], 0));
    }

    /// <summary>The entry that an index belongs to; null where there is none, or where the tree is broken on the way to it.</summary>
    public MapleEntry? Find(ulong tree, ulong index)
    {
        MapleEntry at = new(0, ulong.MaxValue, 0);
        if (!_memory.TryRead(tree, _root, out ulong entry))
        {
            return null;
        }

        for (int depth = 0; depth < MaxDepth && (depth > 0 || IsRoot(entry)); depth++)
        {
            if (ReadNode(entry, at, out MapleNode node) is not null || node.FindSlot(index) is not { } slot)
            {
                return null;
            }

            at = slot;
            entry = slot.Value;
            if (node.IsLeaf)
            {
                return IsValue(entry) ? at : null;
            }
        }

        return null;
    }

    private string? Visit(ulong entry, MapleEntry range, List<MapleEntry> found, HashSet<ulong> seen, int depth)
    {
        if (depth == 0 && !IsRoot(entry))
        {
            // A tree of one entry at index 0 has no node.
            if (IsValue(entry))
            {
                found.Add(new MapleEntry(0, 0, entry));
            }

            return null;
        }

        if (depth > MaxDepth || !seen.Add(entry & ~NodeMask))
        {
            return $"the tree of memory areas runs in a circle at 0x{entry & ~NodeMask:x}";
        }

        string? missing = ReadNode(entry, range, out MapleNode node);
        foreach (MapleEntry slot in node.Slots ?? [])
        {
            if (!node.IsLeaf)
            {
                missing = Visit(slot.Value, slot, found, seen, depth + 1) ?? missing;
            }
            else if (IsValue(slot.Value))
            {
                found.Add(slot);
            }
        }

        return missing;
    }

    private string? ReadNode(ulong entry, MapleEntry range, out MapleNode node)
    {
        int kind = (int)(entry >> 3) & 15;
        MapleNodeLayout? layout = kind == _dense ? _denseLayout : kind == _leaf || kind == _range ? _rangeLayout : kind == _allocationRange ? _allocationLayout : null;
        node = default;
        return layout is null
            ? $"the tree of memory areas has a node of kind {kind} at 0x{entry & ~NodeMask:x}"
            : layout.Read(_memory, entry & ~NodeMask, range, kind == _leaf || kind == _dense, out node);
    }

    private static bool IsRoot(ulong entry) => (entry & 3) == 2 && entry > LargestReserved;

    private static bool IsValue(ulong entry) => entry > LargestReserved && (entry & 3) == 0;
}
