using Guest.Machine.X86;

namespace Guest.Linux.Memory;

/// <summary>Where the running kernel's image stands: one piece of physical memory, mapped into the top 2 GiB of the address space.</summary>
/// <param name="Virtual">Its first linear address, a multiple of 2 MiB; what address-space randomisation has chosen.</param>
/// <param name="Physical">Its first guest-physical address.</param>
/// <param name="Length">Its bytes, a multiple of 2 MiB.</param>
/// <param name="Levels">Levels of the page tables in force.</param>
internal readonly record struct KernelImage(ulong Virtual, ulong Physical, ulong Length, int Levels)
{
    // Documentation/arch/x86/x86_64/mm.rst: the kernel's text mapping, and where modules begin at the earliest.
    private const ulong MapStart = 0xFFFF_FFFF_8000_0000;
    private const ulong MapEnd = 0xFFFF_FFFF_C000_0000;
    private const ulong Step = 2 << 20;

    // Page-table isolation keeps the user's top table behind the kernel's (arch/x86/entry/calling.h, PTI_USER_PGTABLE_BIT).
    internal const ulong IsolationBit = 1 << 12;

    /// <summary>Looks for the image in the page tables of a vCPU.</summary>
    /// <returns>Null where the vCPU's page tables map no kernel: it has not been started yet, or this is no Linux.</returns>
    public static KernelImage? Find(PhysicalMemory memory, in CpuState state)
    {
        const ulong PagingOn = 1UL << 31;
        int levels = PageTables.LevelsOf(state);
        if (levels == 0 || (state.Cr0 & PagingOn) == 0)
        {
            return null;
        }

        KernelImage? whole = Find(new PageTables(memory, state.Cr3, levels));
        KernelImage? isolated = (state.Cr3 & IsolationBit) == 0 ? null : Find(new PageTables(memory, state.Cr3 & ~IsolationBit, levels));
        return isolated is { } other && (whole is null || other.Length > whole.Value.Length) ? other : whole;
    }

    /// <summary>Whether a vCPU's page tables still map an address of the image where it was found.</summary>
    public bool IsMapped(PhysicalMemory memory, in CpuState state, ulong address)
    {
        int levels = PageTables.LevelsOf(state);
        ulong expected = address - Virtual + Physical;
        return levels == Levels
            && ((new PageTables(memory, state.Cr3, levels).TryTranslate(address, out ulong physical) && physical == expected)
                || ((state.Cr3 & IsolationBit) != 0
                    && new PageTables(memory, state.Cr3 & ~IsolationBit, levels).TryTranslate(address, out physical) && physical == expected));
    }

    /// <summary>Whether an address lies in the image.</summary>
    public bool Contains(ulong address) => address - Virtual < Length;

    /// <summary>A copy of the image as it is now.</summary>
    public byte[] Copy(PhysicalMemory memory)
    {
        byte[] copy = new byte[Length];
        return memory.TryRead(Physical, copy) ? copy : [];
    }

    private static KernelImage? Find(PageTables tables)
    {
        KernelImage? image = null;
        for (ulong address = MapStart; address < MapEnd; address += Step)
        {
            if (!tables.TryTranslate(address, out ulong physical))
            {
                continue;
            }

            if (image is null && physical % Step == 0)
            {
                image = new KernelImage(address, physical, Step, tables.Levels);
            }
            else if (image is { } found && physical - found.Physical == address - found.Virtual)
            {
                image = found with { Length = address - found.Virtual + Step };
            }
        }

        return image;
    }
}
