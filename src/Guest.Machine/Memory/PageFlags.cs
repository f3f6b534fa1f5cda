namespace Guest.Machine.Memory;

/// <summary>What a write to a page of guest memory must take care of. A page with exactly <see cref="Written"/> is written without ceremony.</summary>
[Flags]
public enum PageFlags : byte
{
    /// <summary>Nothing known: the first write marks the page written.</summary>
    None = 0,

    /// <summary>Written since all write rights were last revoked (<see cref="WrittenPages"/>).</summary>
    Written = 1,

    /// <summary>Instructions of it have been predecoded.</summary>
    Code = 2,

    /// <summary>A page walk has read it.</summary>
    Walked = 4,

    /// <summary>Its content has not arrived yet; nothing is derived from it.</summary>
    Absent = 8,

    /// <summary>Its content is kept for a <see cref="MemorySnapshot"/>: the first write copies it.</summary>
    Kept = 16,

    /// <summary>Somebody sees every write to it (<see cref="IWriteObserver"/>).</summary>
    Watched = 32,
}
