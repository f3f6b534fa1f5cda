using System.Buffers.Binary;
using Guest.Linux.Types;
using Guest.Machine;

namespace Guest.Linux.Memory;

/// <summary>Memory as the guest's kernel sees it: its image, all of RAM at the direct map, and what its own page tables map (vmalloc, modules, stacks).</summary>
/// <remarks>Reads of the image and of the direct map cost an addition; others a page walk. Never throws for any address.</remarks>
public sealed class KernelMemory : IVirtualMemory
{
    private readonly PhysicalMemory _memory;
    private readonly KernelImage _image;
    private readonly PageTables _tables;

    internal KernelMemory(PhysicalMemory memory, KernelImage image, ulong topTable)
    {
        _memory = memory;
        _image = image;
        _tables = new PageTables(memory, topTable - image.Virtual + image.Physical, image.Levels);
    }

    /// <summary>All of RAM by its physical address.</summary>
    internal PhysicalMemory Physical => _memory;

    /// <summary>The kernel's image.</summary>
    internal KernelImage Image => _image;

    /// <summary>Levels of the guest's page tables: 4 or 5.</summary>
    public int Levels => _image.Levels;

    /// <summary>Where the kernel has put its map of all RAM (<c>page_offset_base</c>), as it said when the machine was last looked at.</summary>
    public GuestVirtual DirectMap { get; internal set; }

    /// <summary>Where the kernel has put its <c>struct page</c> array (<c>vmemmap_base</c>).</summary>
    public GuestVirtual PageArray { get; internal set; }

    /// <summary>Translates a kernel address; false where nothing is mapped.</summary>
    public bool TryTranslate(GuestVirtual address, out GuestPhysical physical)
    {
        bool mapped = TryTranslate(address.Value, out ulong value);
        physical = new GuestPhysical(value);
        return mapped;
    }

    /// <inheritdoc/>
    public bool TryRead(GuestVirtual address, Span<byte> bytes) => TryRead(address.Value, bytes);

    /// <summary>The kernel's address of a physical one, in its map of all RAM.</summary>
    internal ulong AddressOf(ulong physical) => unchecked(DirectMap.Value + physical);

    internal bool TryRead(ulong address, Span<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            int part = Math.Min(bytes.Length, 0x1000 - (int)(address & 0xFFF));
            if (!TryTranslate(address, out ulong physical) || !_memory.TryRead(physical, bytes[..part]))
            {
                return false;
            }

            bytes = bytes[part..];
            address = unchecked(address + (ulong)part);
        }

        return true;
    }

    /// <summary>Reads a quadword. The fast path of every list and tree walk.</summary>
    internal bool TryRead(ulong address, out ulong value)
    {
        if ((address & 0xFFF) <= 0xFF8)
        {
            value = 0;
            return TryTranslate(address, out ulong physical) && _memory.TryRead(physical, out value);
        }

        Span<byte> bytes = stackalloc byte[8];
        bool read = TryRead(address, bytes);
        value = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        return read;
    }

    /// <summary>Reads a member of an object, extended to 64 bits as its type says.</summary>
    /// <returns>False where it cannot be read, or is larger than a word.</returns>
    internal bool TryRead(ulong address, in KernelField field, out ulong value)
    {
        value = 0;
        Span<byte> bytes = stackalloc byte[8];
        bytes.Clear();
        if (!field.IsWord || !TryRead(unchecked(address + (ulong)field.Offset), bytes[..field.Size]))
        {
            return false;
        }

        int bits = field.BitSize == 0 ? field.Size * 8 : field.BitSize;
        ulong upper = BinaryPrimitives.ReadUInt64LittleEndian(bytes) >> field.BitOffset << (64 - bits);
        value = field.IsSigned ? (ulong)((long)upper >> (64 - bits)) : upper >> (64 - bits);
        return true;
    }

    /// <summary>As <see cref="TryRead(ulong, in KernelField, out ulong)"/>, for several in a row.</summary>
    /// <param name="address">The object.</param>
    /// <param name="field">The member.</param>
    /// <param name="read">Becomes false where the member cannot be read.</param>
    internal ulong Read(ulong address, in KernelField field, ref bool read)
    {
        read &= TryRead(address, field, out ulong value);
        return value;
    }

    private bool TryTranslate(ulong address, out ulong physical)
    {
        physical = unchecked(address - DirectMap.Value);
        if (physical < _memory.End)
        {
            return true;
        }

        if (_image.Contains(address))
        {
            physical = address - _image.Virtual + _image.Physical;
            return true;
        }

        return _tables.TryTranslate(address, out physical);
    }
}
