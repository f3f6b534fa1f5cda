namespace Guest.Machine.X86;

/// <summary>Model-specific registers that only hold a value: number, place in <see cref="CpuState.Msrs"/>, and what may be written.</summary>
/// <param name="Index">The register's number.</param>
/// <param name="Writable">Bits that may be set; others raise #GP.</param>
/// <param name="Name">The manual's name (Intel SDM 4).</param>
internal readonly record struct KnownMsr(uint Index, ulong Writable, string Name)
{
    /// <summary>All of them; the place of one is its number in this list. Kernel entry, FS/GS bases and the APIC's are not here.</summary>
    internal static readonly KnownMsr[] All =
    [
        new(0x277, 0x0707_0707_0707_0707, "IA32_PAT"),
        new(0xC000_0103, uint.MaxValue, "IA32_TSC_AUX"),
        new(0x1A0, 0x0000_0004_00C5_1889 | 1, "IA32_MISC_ENABLE"),
        new(0xDA0, 0, "IA32_XSS"),
        new(0x2FF, 0xCFF, "IA32_MTRR_DEF_TYPE"),
        new(0x250, ulong.MaxValue, "IA32_MTRR_FIX64K_00000"),
        new(0x258, ulong.MaxValue, "IA32_MTRR_FIX16K_80000"),
        new(0x259, ulong.MaxValue, "IA32_MTRR_FIX16K_A0000"),
        .. Range(0x268, 8, ulong.MaxValue, "IA32_MTRR_FIX4K"),
        .. Range(0x200, 16, ulong.MaxValue, "IA32_MTRR_PHYS"),
        new(0x8B, 0, "IA32_BIOS_SIGN_ID"),
        new(0x3A, 1, "IA32_FEATURE_CONTROL"),
    ];

    /// <summary>The place of a register, or -1.</summary>
    internal static int Find(uint index)
    {
        for (int i = 0; i < All.Length; i++)
        {
            if (All[i].Index == index)
            {
                return i;
            }
        }

        return -1;
    }

    private static IEnumerable<KnownMsr> Range(uint first, int count, ulong writable, string name) =>
        Enumerable.Range(0, count).Select(i => new KnownMsr(first + (uint)i, writable, $"{name}{i}"));
}
