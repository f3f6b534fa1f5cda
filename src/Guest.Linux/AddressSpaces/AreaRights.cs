namespace Guest.Linux.AddressSpaces;

/// <summary>What a process may do with a piece of its memory (include/linux/mm.h; the kernel's own bits).</summary>
[Flags]
public enum AreaRights : ulong
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>It may be read.</summary>
    Read = 1,

    /// <summary>It may be written.</summary>
    Write = 2,

    /// <summary>It may be executed.</summary>
    Execute = 4,

    /// <summary>Writes are seen by everybody who maps the same file (<c>MAP_SHARED</c>).</summary>
    Shared = 0x80,
}
