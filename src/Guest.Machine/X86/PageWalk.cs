namespace Guest.Machine.X86;

/// <summary>What a page walk found for one 4 KiB page.</summary>
/// <param name="Physical">Guest-physical address of the byte asked for.</param>
/// <param name="Readable">Whether the walk's privilege may read it.</param>
/// <param name="WritableNow">Whether it may be written without another walk: allowed, and the dirty bit is set.</param>
/// <param name="Executable">Whether it may be fetched from.</param>
internal readonly record struct PageWalk(ulong Physical, bool Readable, bool WritableNow, bool Executable);
