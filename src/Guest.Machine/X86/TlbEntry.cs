namespace Guest.Machine.X86;

/// <summary>Layout of a software TLB table: arrays of read tags, write tags and host pages, one table per <see cref="AccessMode"/>.</summary>
/// <remarks>
/// A tag is the linear page address for which the right holds. A lookup xors the address into the tag: at most 4096 - size means the right
/// is there and the access stays inside the page; the result is then the offset in the host page. An invalid tag names a page that belongs to a
/// neighbouring entry, so it never matches. The arrays stand at fixed distances whatever the number of entries is, skewed so that they do not
/// fall on the same lines of the host's cache.
/// </remarks>
internal static class TlbEntry
{
    /// <summary>The most entries a table can have.</summary>
    internal const int MaxEntries = 16384;

    /// <summary>Offset of the write tags behind the read tags.</summary>
    internal const int Write = (MaxEntries * 8) + 0x800;

    /// <summary>Offset of the host page addresses behind the read tags.</summary>
    internal const int Host = 2 * Write;

    /// <summary>Bytes from one table to the next.</summary>
    internal const int TableBytes = 3 * Write;

    /// <summary>The tag that never matches in the entry with this number.</summary>
    internal static ulong Invalid(int entry) => (entry & 1) == 0 ? 0x1000UL : 0;
}
