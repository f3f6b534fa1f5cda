namespace Guest.Machine.X86;

/// <summary>Layout of a software TLB: direct-mapped entries of four quadwords, one table per <see cref="AccessMode"/>.</summary>
/// <remarks>
/// A tag is the linear page address for which the right holds. A lookup xors the address into the tag: at most 4096 - size means the right
/// is there and the access stays inside the page. An invalid tag names a page that belongs to a neighbouring entry, so it never matches.
/// </remarks>
internal static class TlbEntry
{
    /// <summary>Offset of the read tag.</summary>
    internal const int Read = 0;

    /// <summary>Offset of the write tag.</summary>
    internal const int Write = 8;

    /// <summary>Offset of the fetch tag.</summary>
    internal const int Fetch = 16;

    /// <summary>Offset of host address minus linear address.</summary>
    internal const int Delta = 24;

    /// <summary>Bytes of an entry.</summary>
    internal const int Size = 32;

    /// <summary>The tag that never matches in the entry with this number.</summary>
    internal static ulong Invalid(int entry) => (entry & 1) == 0 ? 0x1000UL : 0;
}
