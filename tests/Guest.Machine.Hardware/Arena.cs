namespace Guest.Machine.Hardware;

/// <summary>The virtual addresses at which a case's code and data lie, the same natively and in the guest.</summary>
/// <remarks>The whole arena is below 2 GiB, so that absolute, RIP-relative and 32-bit addressing all reach it.
/// What is not one of the windows is unmapped; the host reserves it, so that a stray access faults and hits nothing.</remarks>
public static class Arena
{
    /// <summary>The first address of the reserved range.</summary>
    public const ulong Base = 0x1000_0000;

    /// <summary>The size of the reserved range in bytes.</summary>
    public const ulong Size = 0x0040_0000;

    /// <summary>The size of a page in bytes.</summary>
    public const int Page = 4096;

    /// <summary>Two pages that may be read, written and executed; the page after them is unmapped.</summary>
    public const ulong Code = Base + 0x1000;

    /// <summary>The number of bytes of the code window.</summary>
    public const int CodeSize = 2 * Page;

    /// <summary>Two pages that may be read and written; the pages on both sides are unmapped.</summary>
    public const ulong Data = Base + 0x20_0000;

    /// <summary>The number of bytes of the data window.</summary>
    public const int DataSize = 2 * Page;

    /// <summary>A page that may only be read, then one that may be written, then one that may only be read.</summary>
    public const ulong Mixed = Base + 0x21_0000;

    /// <summary>The number of bytes of the mixed window.</summary>
    public const int MixedSize = 3 * Page;

    /// <summary>Says whether the page of an address may be read.</summary>
    public static bool IsReadable(ulong address) =>
        address - Code < CodeSize || address - Data < DataSize || address - Mixed < MixedSize;

    /// <summary>Says whether the page of an address may be written.</summary>
    public static bool IsWritable(ulong address) =>
        address - Code < CodeSize || address - Data < DataSize || address - Mixed - Page < Page;

    /// <summary>Says whether an address is canonical with neither 4 nor 5 levels of page tables, and far from those that are.</summary>
    public static bool IsNonCanonical(ulong address) => (address >> 62) is 1 or 2;

    /// <summary>Says whether an access of <paramref name="size"/> bytes at <paramref name="address"/> stays in the arena, where it can do no harm.</summary>
    public static bool Holds(ulong address, int size) =>
        address >= Base + 0x1_0000 && address < Base + Size - 0x1_0000 - (ulong)size;
}
