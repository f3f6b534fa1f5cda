using Guest.Linux.Memory;
using Guest.Linux.Types;
using Guest.Machine;

namespace Guest.Linux.Files;

/// <summary>Reads the descriptor tables of processes (<c>files_struct</c>, <c>fdtable</c>).</summary>
internal sealed class DescriptorReader
{
    private readonly KernelMemory _memory;
    private readonly FileReader _files;
    private readonly KernelPath _table;
    private readonly KernelField _count;
    private readonly KernelField _array;
    private readonly KernelField _flags;
    private readonly KernelField _position;

    public DescriptorReader(LinuxKernel kernel, FileReader files)
    {
        KernelTypes types = kernel.Types;
        _memory = kernel.Memory;
        _files = files;
        _table = KernelPath.Of(types, "task_struct.files.fdt");
        _count = types.Field("fdtable", "max_fds");
        _array = types.Field("fdtable", "fd");
        _flags = types.Field("file", "f_flags");
        _position = types.Field("file", "f_pos");
    }

    public Listing<OpenFile> Read(GuestVirtual task)
    {
        List<OpenFile> found = [];
        bool read = _table.TryRead(_memory, task, out ulong table);
        uint count = (uint)_memory.Read(table, _count, ref read);
        ulong array = _memory.Read(table, _array, ref read);
        if (!read)
        {
            return new Listing<OpenFile>(found, "it has no table of open files, or is giving it up");
        }

        string? missing = null;
        count = (uint)Math.Min(count, _memory.Physical.End / 8);
        for (uint i = 0; i < count; i++)
        {
            if (!_memory.TryRead(unchecked(array + (i * 8UL)), out ulong file))
            {
                return new Listing<OpenFile>(found, $"its table of open files cannot be read from descriptor {i} on");
            }

            // Low bits are marks of close_range() and the like, never part of the address.
            if (file != 0 && ReadOne((int)i, file & ~3UL, found) is { } wrong)
            {
                missing ??= wrong;
            }
        }

        return new Listing<OpenFile>(found, missing);
    }

    private string? ReadOne(int descriptor, ulong address, List<OpenFile> found)
    {
        bool read = true;
        uint flags = (uint)_memory.Read(address, _flags, ref read);
        ulong position = _memory.Read(address, _position, ref read);
        if (!read || _files.Read(new GuestVirtual(address)) is not { } file)
        {
            return $"descriptor {descriptor} leads to 0x{address:x}, which holds no file";
        }

        found.Add(new OpenFile(descriptor, file, flags, position));
        return null;
    }
}
