namespace Guest.Machine.X86;

/// <summary>Bits of the control registers, EFER and page-table entries (Intel SDM 3A 2.5, 4.3 to 4.5).</summary>
internal static class ControlBits
{
    internal const ulong Cr0Pe = 1;
    internal const ulong Cr0Mp = 1 << 1;
    internal const ulong Cr0Em = 1 << 2;
    internal const ulong Cr0Ts = 1 << 3;
    internal const ulong Cr0Et = 1 << 4;
    internal const ulong Cr0Ne = 1 << 5;
    internal const ulong Cr0Wp = 1 << 16;
    internal const ulong Cr0Am = 1 << 18;
    internal const ulong Cr0Nw = 1 << 29;
    internal const ulong Cr0Cd = 1 << 30;
    internal const ulong Cr0Pg = 1UL << 31;
    internal const ulong Cr0All = Cr0Pe | Cr0Mp | Cr0Em | Cr0Ts | Cr0Et | Cr0Ne | Cr0Wp | Cr0Am | Cr0Nw | Cr0Cd | Cr0Pg;

    internal const ulong Cr4Vme = 1;
    internal const ulong Cr4Pvi = 1 << 1;
    internal const ulong Cr4Tsd = 1 << 2;
    internal const ulong Cr4De = 1 << 3;
    internal const ulong Cr4Pse = 1 << 4;
    internal const ulong Cr4Pae = 1 << 5;
    internal const ulong Cr4Mce = 1 << 6;
    internal const ulong Cr4Pge = 1 << 7;
    internal const ulong Cr4Pce = 1 << 8;
    internal const ulong Cr4OsFxsr = 1 << 9;
    internal const ulong Cr4OsXmmExcpt = 1 << 10;
    internal const ulong Cr4Umip = 1 << 11;
    internal const ulong Cr4La57 = 1 << 12;
    internal const ulong Cr4FsGsBase = 1 << 16;
    internal const ulong Cr4Pcide = 1 << 17;
    internal const ulong Cr4OsXsave = 1 << 18;
    internal const ulong Cr4Smep = 1 << 20;
    internal const ulong Cr4Smap = 1 << 21;

    internal const ulong EferSce = 1;
    internal const ulong EferLme = 1 << 8;
    internal const ulong EferLma = 1 << 10;
    internal const ulong EferNxe = 1 << 11;

    internal const ulong Present = 1;
    internal const ulong Writable = 2;
    internal const ulong User = 4;
    internal const ulong Accessed = 1 << 5;
    internal const ulong Dirty = 1 << 6;
    internal const ulong Large = 1 << 7;
    internal const ulong NoExecute = 1UL << 63;

    /// <summary>Bits of physical addresses; what lies above them in an entry is reserved up to bit 51.</summary>
    internal const int PhysicalBits = 46;

    /// <summary>The address field of a page-table entry.</summary>
    internal const ulong AddressMask = ((1UL << PhysicalBits) - 1) & ~0xFFFUL;
}
