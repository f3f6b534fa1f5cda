using Guest.Linux.Memory;
using Guest.Linux.Tasks;
using Guest.Linux.Types;
using Guest.Machine;

namespace Guest.Linux.AddressSpaces;

/// <summary>Finds the address spaces of the guest's processes.</summary>
public sealed class AddressSpaceReader
{
    private readonly LinuxKernel _kernel;
    private readonly CommandLineReader _commandLines;
    private readonly KernelField _topTable;
    private readonly KernelField _vector;

    internal AddressSpaceReader(LinuxKernel kernel)
    {
        _kernel = kernel;
        Memory = kernel.Memory;
        Areas = new AreaReader(kernel);
        _commandLines = new CommandLineReader(kernel);
        _topTable = kernel.Types.Field("mm_struct", "pgd");
        _vector = kernel.Types.Field("mm_struct", "saved_auxv");
    }

    internal KernelMemory Memory { get; }

    internal AreaReader Areas { get; }

    /// <summary>The address space of a task; null where it has none (kernel threads, tasks that have ended) or it cannot be read.</summary>
    public AddressSpace? Of(GuestTask task) => task.AddressSpace is { } mm ? At(mm) : null;

    /// <summary>The address space of an <c>mm_struct</c>; null where there is none.</summary>
    public AddressSpace? At(GuestVirtual mm) =>
        Memory.TryRead(mm.Value, _topTable, out ulong table) && Memory.TryTranslate(new GuestVirtual(table), out GuestPhysical physical)
            ? new AddressSpace(this, mm, new PageTables(Memory.Physical, physical.Value, Memory.Levels))
            : null;

    /// <summary>What a process was started with, its name first, as <c>/proc/PID/cmdline</c> has it.</summary>
    /// <returns>Null for kernel threads and processes that have ended, and where it cannot be read.</returns>
    public IReadOnlyList<string>? CommandLineOf(GuestTask process) => Of(process) is { } space ? _commandLines.Read(space) : null;

    /// <summary>What the kernel has told a process's program at its start (its auxiliary vector), as <c>/proc/PID/auxv</c> has it: pairs of 64-bit words; null where it cannot be read.</summary>
    public byte[]? AuxiliaryVectorOf(AddressSpace space)
    {
        byte[] vector = new byte[_vector.Size];
        return Memory.TryRead(unchecked(space.Address.Value + (ulong)_vector.Offset), vector) ? vector : null;
    }

    /// <summary>The process whose page tables a value of CR3 selects, of several that share them the first; null for the kernel's own. Walks all processes.</summary>
    public GuestTask? OwnerOf(ulong cr3)
    {
        ulong root = PageTables.RootOf(cr3);
        return _kernel.Tasks.Processes().Items.FirstOrDefault(task => Of(task)?.TopTable.Value is { } table && (table == root || table == (root & ~KernelImage.IsolationBit)));
    }
}
