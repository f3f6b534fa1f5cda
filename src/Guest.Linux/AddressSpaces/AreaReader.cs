using Guest.Linux.Files;
using Guest.Linux.Memory;
using Guest.Linux.Types;
using Guest.Machine;

namespace Guest.Linux.AddressSpaces;

/// <summary>Reads the pieces of address spaces out of the kernel's trees (<c>vm_area_struct</c>).</summary>
internal sealed class AreaReader
{
    private const AreaRights AllRights = AreaRights.Read | AreaRights.Write | AreaRights.Execute | AreaRights.Shared;
    private const int NameLimit = 80; // ANON_VMA_NAME_MAX_LEN, include/linux/mm.h

    private readonly LinuxKernel _kernel;
    private readonly KernelMemory _memory;
    private readonly MapleTree _trees;
    private readonly KernelField _tree;
    private readonly KernelField _start;
    private readonly KernelField _end;
    private readonly KernelField _flags;
    private readonly KernelField _offset;
    private readonly KernelField _file;
    private readonly KernelField _owner;
    private readonly KernelField _operations;
    private readonly KernelField _privateData;
    private readonly KernelField _anonymousName;
    private readonly KernelField _nameText;
    private readonly KernelField _mappingName;
    private readonly KernelField _heapStart;
    private readonly KernelField _heapEnd;
    private readonly KernelField _stack;
    private readonly ulong _specialOperations;

    public AreaReader(LinuxKernel kernel)
    {
        KernelTypes types = kernel.Types;
        _kernel = kernel;
        _memory = kernel.Memory;
        _trees = new MapleTree(kernel);
        _tree = types.Field("mm_struct", "mm_mt");
        _start = types.Field("vm_area_struct", "vm_start");
        _end = types.Field("vm_area_struct", "vm_end");
        _flags = types.Field("vm_area_struct", "vm_flags");
        _offset = types.Field("vm_area_struct", "vm_pgoff");
        _file = types.Field("vm_area_struct", "vm_file");
        _owner = types.Field("vm_area_struct", "vm_mm");
        _operations = types.Field("vm_area_struct", "vm_ops");
        _privateData = types.Field("vm_area_struct", "vm_private_data");
        _ = types.TryField("vm_area_struct", "anon_name", out _anonymousName);
        _ = types.TryField("anon_vma_name", "name", out _nameText);
        _mappingName = types.Field("vm_special_mapping", "name");
        _heapStart = types.Field("mm_struct", "start_brk");
        _heapEnd = types.Field("mm_struct", "brk");
        _stack = types.Field("mm_struct", "start_stack");
        _specialOperations = kernel.Symbols.Find("special_mapping_vmops")?.Address.Value ?? 0;
    }

    /// <summary>All pieces of an address space, ascending.</summary>
    public Listing<MappedArea> All(ulong mm)
    {
        Listing<MapleEntry> entries = _trees.Entries(unchecked(mm + (ulong)_tree.Offset));
        string? missing = entries.Missing;
        List<MappedArea> areas = new(entries.Items.Count);
        foreach (MapleEntry entry in entries.Items)
        {
            if (Read(mm, entry) is { } area)
            {
                areas.Add(area);
            }
            else
            {
                missing ??= $"the tree of memory areas leads to 0x{entry.Value:x}, which holds no area of the process";
            }
        }

        return new Listing<MappedArea>(areas, missing);
    }

    /// <summary>The piece that an address belongs to; null where there is none.</summary>
    public MappedArea? At(ulong mm, GuestVirtual address) =>
        _trees.Find(unchecked(mm + (ulong)_tree.Offset), address.Value) is { } entry && Read(mm, entry) is { } area && area.Contains(address) ? area : null;

    private MappedArea? Read(ulong mm, MapleEntry entry)
    {
        bool read = true;
        ulong start = _memory.Read(entry.Value, _start, ref read);
        ulong end = _memory.Read(entry.Value, _end, ref read);
        ulong flags = _memory.Read(entry.Value, _flags, ref read);
        ulong offset = _memory.Read(entry.Value, _offset, ref read);
        ulong file = _memory.Read(entry.Value, _file, ref read);
        if (!read || _memory.Read(entry.Value, _owner, ref read) != mm || start >= end || end - 1 < entry.First || start > entry.Last)
        {
            return null;
        }

        GuestFile? mapped = file == 0 ? null : _kernel.Files.Read(new GuestVirtual(file));
        string name = mapped?.Path ?? (file != 0 ? FileReader.UnknownPath : NameOf(mm, entry.Value, start, end));
        return new MappedArea(new GuestVirtual(start), new GuestVirtual(end), (AreaRights)flags & AllRights, file == 0 ? 0 : offset << 12, mapped, name);
    }

    // get_vma_name(), fs/proc/task_mmu.c.
    private string NameOf(ulong mm, ulong area, ulong start, ulong end)
    {
        bool read = true;
        ulong operations = _memory.Read(area, _operations, ref read);
        ulong data = _memory.Read(area, _privateData, ref read);
        if (operations != 0 && operations == _specialOperations)
        {
            return _memory.TryRead(data, _mappingName, out ulong text) ? _memory.ReadText(new GuestVirtual(text), NameLimit) ?? string.Empty : string.Empty;
        }

        if (start <= _memory.Read(mm, _heapEnd, ref read) && end >= _memory.Read(mm, _heapStart, ref read))
        {
            return read ? "[heap]" : string.Empty;
        }

        ulong stack = _memory.Read(mm, _stack, ref read);
        if (start <= stack && end >= stack)
        {
            return read ? "[stack]" : string.Empty;
        }

        return _anonymousName.IsWord && _memory.TryRead(area, _anonymousName, out ulong named) && named != 0
            && _memory.ReadText(new GuestVirtual(unchecked(named + (ulong)_nameText.Offset)), NameLimit) is { } own
            ? $"[anon:{own}]"
            : string.Empty;
    }
}
