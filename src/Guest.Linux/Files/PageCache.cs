using Guest.Linux.Memory;
using Guest.Linux.Types;

namespace Guest.Linux.Files;

/// <summary>Finds the pages of files that the guest's kernel holds in memory (<c>lib/xarray.c</c>, <c>mm/filemap.c</c>).</summary>
internal sealed class PageCache
{
    private const int SlotsPerNode = 64;
    private const int MaxLevels = 11;
    private const ulong LargestReserved = 4096; // xa_is_node()
    private const ulong MostPagesInFolio = 1 << 18; // 1 GiB

    private readonly KernelMemory _memory;
    private readonly KernelField _head;
    private readonly KernelField _shift;
    private readonly KernelField _slots;
    private readonly KernelField _index;
    private readonly KernelField _mapping;
    private readonly KernelField _compoundHead;
    private readonly ulong _pageSize;

    public PageCache(LinuxKernel kernel)
    {
        KernelTypes types = kernel.Types;
        _memory = kernel.Memory;
        _head = types.Field("address_space", "i_pages.xa_head");
        _shift = types.Field("xa_node", "shift");
        _slots = types.Field("xa_node", "slots");
        _index = types.Field("folio", "index");
        _mapping = types.Field("folio", "mapping");
        _compoundHead = types.Field("page", "compound_head");
        _pageSize = (ulong)types.SizeOf("page");
    }

    /// <summary>Finds one page of a file.</summary>
    /// <param name="mapping">The file's <c>address_space</c>.</param>
    /// <param name="index">The page's number in the file.</param>
    /// <param name="physical">Its guest-physical address.</param>
    /// <returns>False where it is not in memory.</returns>
    public bool TryFind(ulong mapping, ulong index, out ulong physical)
    {
        physical = 0;
        if (!TryFindFolio(mapping, index, out ulong folio) || !_memory.TryRead(folio, _mapping, out ulong owner) || owner != mapping
            || !_memory.TryRead(folio, _index, out ulong first) || index < first || index - first >= MostPagesInFolio)
        {
            return false;
        }

        // One entry stands for all pages of a large folio; each but the first points back to it.
        ulong page = unchecked(folio + ((index - first) * _pageSize));
        if (page != folio && (!_memory.TryRead(page, _compoundHead, out ulong head) || head != folio + 1))
        {
            return false;
        }

        ulong number = unchecked(page - _memory.PageArray.Value) / _pageSize;
        physical = number << 12;
        return number < _memory.Physical.End >> 12;
    }

    /// <summary>Reads a page's bytes.</summary>
    public bool TryRead(ulong physical, Span<byte> bytes) => _memory.Physical.TryRead(physical, bytes);

    private bool TryFindFolio(ulong mapping, ulong index, out ulong entry)
    {
        if (!_memory.TryRead(mapping, _head, out entry))
        {
            return false;
        }

        if (!IsNode(entry))
        {
            return index == 0 && IsFolio(entry);
        }

        for (int level = 0; IsNode(entry) && level < MaxLevels; level++)
        {
            ulong node = entry & ~3UL;
            if (!_memory.TryRead(node, _shift, out ulong shift) || shift > 60 || (level == 0 && index >> (int)shift >= SlotsPerNode)
                || !TryReadSlot(node, index >> (int)shift, out entry))
            {
                return false;
            }
        }

        return IsFolio(entry);
    }

    // A slot of a large entry that is not its first holds the number of the first (xa_is_sibling()).
    private bool TryReadSlot(ulong node, ulong slot, out ulong entry) =>
        _memory.TryRead(SlotAt(node, slot), out entry) && ((entry & 3) != 2 || entry >> 2 >= SlotsPerNode || _memory.TryRead(SlotAt(node, entry >> 2), out entry));

    private ulong SlotAt(ulong node, ulong slot) => unchecked(node + (ulong)_slots.Offset + (slot % SlotsPerNode * 8));

    private static bool IsNode(ulong entry) => (entry & 3) == 2 && entry > LargestReserved;

    private static bool IsFolio(ulong entry) => entry > LargestReserved && (entry & 3) == 0;
}
