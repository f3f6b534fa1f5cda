using Guest.Machine.X86;

namespace Guest.Linux.Memory;

/// <summary>One set of 4- or 5-level page tables, for walking without a vCPU (Intel SDM 3A 4.5).</summary>
/// <remarks>A walk marks nothing: neither accessed bits nor the machine's own notes of what it derived from which page.</remarks>
internal readonly struct PageTables
{
    private const ulong Present = 1;
    private const ulong Large = 1 << 7;
    private const ulong AddressMask = 0x000F_FFFF_FFFF_F000;
    private readonly PhysicalMemory _memory;

    public PageTables(PhysicalMemory memory, ulong root, int levels)
    {
        _memory = memory;
        Root = RootOf(root);
        Levels = levels;
    }

    /// <summary>Guest-physical address of the top table.</summary>
    public ulong Root { get; }

    /// <summary>4 or 5.</summary>
    public int Levels { get; }

    /// <summary>The top table that a value of CR3 selects.</summary>
    public static ulong RootOf(ulong cr3) => cr3 & AddressMask;

    /// <summary>How many levels a vCPU walks; 0 where it is not in long mode with paging.</summary>
    public static int LevelsOf(in CpuState state)
    {
        const ulong LongModeActive = 1 << 10;
        const ulong FiveLevels = 1 << 12;
        return (state.Efer & LongModeActive) == 0 ? 0 : (state.Cr4 & FiveLevels) != 0 ? 5 : 4;
    }

    /// <summary>Translates an address; false where nothing is mapped.</summary>
    public bool TryTranslate(ulong address, out ulong physical) => TryTranslate(address, out physical, out _);

    /// <summary>Translates an address; false where nothing is mapped.</summary>
    /// <param name="address">The linear address.</param>
    /// <param name="physical">The guest-physical address of its byte.</param>
    /// <param name="entry">The last entry read: where nothing is mapped, the one that is not present.</param>
    public bool TryTranslate(ulong address, out ulong physical, out ulong entry)
    {
        physical = 0;
        entry = 0;
        int unused = Levels == 5 ? 7 : 16;
        if ((ulong)((long)(address << unused) >> unused) != address)
        {
            return false;
        }

        ulong table = Root;
        for (int level = Levels; level > 0; level--)
        {
            int shift = 3 + (level * 9);
            if (!_memory.TryRead(table + (((address >> shift) & 511) * 8), out entry) || (entry & Present) == 0)
            {
                return false;
            }

            if (level == 1 || (level <= 3 && (entry & Large) != 0))
            {
                ulong inside = (1UL << shift) - 1;
                physical = (entry & AddressMask & ~inside) | (address & inside);
                return true;
            }

            table = entry & AddressMask;
        }

        return false;
    }

    /// <summary>Reads bytes; false where one of them is not mapped to RAM.</summary>
    public bool TryRead(ulong address, Span<byte> bytes)
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
}
