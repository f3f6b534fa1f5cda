using Guest.Linux.Memory;
using Guest.Machine;

namespace Guest.Linux.AddressSpaces;

/// <summary>The memory of one process of the stopped guest (its <c>mm_struct</c>), as the process itself would read it.</summary>
/// <remarks>
/// What is not in its page tables because it was not touched yet is taken from the file's pages in the guest's memory, or is zero for
/// anonymous memory, as the next access would make it. What was swapped out, or never read from the disk, cannot be read.
/// </remarks>
public sealed class AddressSpace : IVirtualMemory
{
    private readonly AddressSpaceReader _reader;
    private readonly PageTables _tables;
    private MappedArea? _last;

    internal AddressSpace(AddressSpaceReader reader, GuestVirtual address, PageTables tables)
    {
        _reader = reader;
        Address = address;
        _tables = tables;
    }

    /// <summary>Its <c>mm_struct</c>.</summary>
    public GuestVirtual Address { get; }

    /// <summary>Its top page table, as CR3 holds it while the process runs (without the bits for the process-context identifier and page-table isolation).</summary>
    public GuestPhysical TopTable => new(_tables.Root);

    /// <summary>Its pieces, ascending, as <c>/proc/PID/maps</c> lists them.</summary>
    public Listing<MappedArea> Areas() => _reader.Areas.All(Address.Value);

    /// <summary>The piece that an address belongs to; null where there is none. Costs a walk down one tree.</summary>
    public MappedArea? AreaAt(GuestVirtual address) => _reader.Areas.At(Address.Value, address);

    /// <summary>Translates an address by its page tables; false where nothing is mapped now.</summary>
    public bool TryTranslate(GuestVirtual address, out GuestPhysical physical)
    {
        bool mapped = _tables.TryTranslate(address.Value, out ulong value);
        physical = new GuestPhysical(value);
        return mapped;
    }

    /// <inheritdoc/>
    public bool TryRead(GuestVirtual address, Span<byte> bytes)
    {
        ulong at = address.Value;
        while (bytes.Length > 0)
        {
            int part = Math.Min(bytes.Length, 0x1000 - (int)(at & 0xFFF));
            if (!TryReadInPage(at, bytes[..part]))
            {
                return false;
            }

            bytes = bytes[part..];
            at = unchecked(at + (ulong)part);
        }

        return true;
    }

    private bool TryReadInPage(ulong address, Span<byte> bytes)
    {
        if (_tables.TryTranslate(address, out ulong physical, out ulong entry))
        {
            return _reader.Memory.Physical.TryRead(physical, bytes);
        }

        // An entry that is not present and not empty says where the page went (swap, migration).
        if (entry != 0 || FindArea(new GuestVirtual(address)) is not { } area)
        {
            return false;
        }

        if (area.File is { } file)
        {
            return file.TryReadInPage(address - area.Start.Value + area.FileOffset, bytes);
        }

        bytes.Clear();
        return area.Name is not ("[vvar]" or "[vvar_vclock]" or "[vsyscall]");
    }

    private MappedArea? FindArea(GuestVirtual address)
    {
        if (_last is null || !_last.Contains(address))
        {
            _last = AreaAt(address);
        }

        return _last;
    }
}
