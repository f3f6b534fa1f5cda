using System.Buffers.Binary;
using Guest.Linux.Memory;
using Guest.Linux.Types;
using Guest.Machine;

namespace Guest.Linux.AddressSpaces;

/// <summary>Where pivots and slots stand in one kind of maple node, from the kernel's types.</summary>
internal sealed class MapleNodeLayout
{
    private const int NodeBytes = 256;
    private readonly int _parent;
    private readonly int _pivots;
    private readonly int _pivotCount;
    private readonly int _slots;
    private readonly int _slotCount;
    private readonly int _end;

    // An arange node's end is always in its metadata; a range node's only where its last pivot is not used.
    private readonly bool _alwaysHasEnd;

    private MapleNodeLayout(KernelTypes types, string type, bool hasPivots)
    {
        KernelField slots = types.Field(type, "slot");
        _slots = slots.Offset;
        _slotCount = slots.Size / 8;
        _parent = types.Field(type, "parent").Offset;
        if (hasPivots)
        {
            KernelField pivots = types.Field(type, "pivot");
            _pivots = pivots.Offset;
            _pivotCount = pivots.Size / 8;
            _end = types.Field(type, "meta.end").Offset;
            _alwaysHasEnd = types.TryField(type, "gap", out _);
        }

        if (_parent > NodeBytes - 8 || _slots + slots.Size > NodeBytes || _pivots + (_pivotCount * 8) > NodeBytes || _end >= NodeBytes)
        {
            throw new ReplayKitException(603, ExitCode.BadInput, $"the guest's kernel has {type}s larger than {NodeBytes} bytes: its structures are newer or older than what this ReplayKit knows; docs/names.md lists the kernels that were tried");
        }
    }

    /// <summary>Leaves whose slots are consecutive indices.</summary>
    public static MapleNodeLayout Dense(KernelTypes types) => new(types, "maple_node", hasPivots: false);

    /// <summary>Nodes with pivots between their slots.</summary>
    public static MapleNodeLayout WithPivots(KernelTypes types, string type) => new(types, type, hasPivots: true);

    /// <summary>Reads a node.</summary>
    /// <param name="memory">The kernel's memory.</param>
    /// <param name="address">The node.</param>
    /// <param name="range">What it stands for.</param>
    /// <param name="isLeaf">Whether it is a leaf.</param>
    /// <param name="node">Its slots, as far as they make sense.</param>
    /// <returns>Null where all is well; otherwise what is wrong with it.</returns>
    public string? Read(KernelMemory memory, ulong address, MapleEntry range, bool isLeaf, out MapleNode node)
    {
        Span<byte> bytes = stackalloc byte[NodeBytes];
        node = new MapleNode(null, isLeaf);
        if (!memory.TryRead(address, bytes))
        {
            return $"the tree of memory areas leads to 0x{address:x}, which cannot be read";
        }

        List<MapleEntry> slots = new(16);
        string? wrong = (Word(bytes, _parent) & ~0xFFUL) == address ? "the tree of memory areas is being changed: it leads to a node that was replaced" : null;
        if (_pivotCount == 0)
        {
            ReadDense(bytes, range, slots);
        }

        wrong = _pivotCount == 0 ? wrong : ReadPivots(bytes, range, slots) ?? wrong;
        node = new MapleNode([.. slots], isLeaf);
        return wrong;
    }

    private void ReadDense(ReadOnlySpan<byte> bytes, MapleEntry range, List<MapleEntry> slots)
    {
        for (int i = 0; i < _slotCount && range.First + (ulong)i <= range.Last; i++)
        {
            slots.Add(new MapleEntry(range.First + (ulong)i, range.First + (ulong)i, Word(bytes, _slots + (i * 8))));
        }
    }

    private string? ReadPivots(ReadOnlySpan<byte> bytes, MapleEntry range, List<MapleEntry> slots)
    {
        int end = End(bytes, range.Last);
        ulong first = range.First;
        for (int i = 0; i <= end && i < _slotCount; i++)
        {
            ulong last = i == end || i >= _pivotCount ? range.Last : Word(bytes, _pivots + (i * 8));
            if (last < first || last > range.Last)
            {
                return "the tree of memory areas is being changed: the bounds in a node are not in order";
            }

            slots.Add(new MapleEntry(first, last, Word(bytes, _slots + (i * 8))));
            if (last == range.Last)
            {
                break;
            }

            first = last + 1;
        }

        return null;
    }

    // ma_data_end(): the last slot in use.
    private int End(ReadOnlySpan<byte> bytes, ulong max)
    {
        ulong lastPivot = Word(bytes, _pivots + ((_pivotCount - 1) * 8));
        return _alwaysHasEnd || lastPivot == 0 ? bytes[_end] : lastPivot == max ? _pivotCount - 1 : _pivotCount;
    }

    private static ulong Word(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt64LittleEndian(bytes[at..]);
}
