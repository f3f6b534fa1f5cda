namespace Guest.Machine.Hardware.Generate;

/// <summary>Picks addresses for operands and branch targets.</summary>
internal static class AddressPicker
{
    /// <summary>An address for an operand of <paramref name="size"/> bytes: mostly in the windows, some where something goes wrong.</summary>
    public static ulong Pick(ref Rng rng, int size)
    {
        if (size >= 16 && rng.Percent(60))
        {
            // Most legacy vector accesses must be aligned, and a fault that is always the same teaches little.
            return Align(Pick(ref rng, 8), size);
        }

        ulong bytes = (ulong)Math.Max(size, 1);
        ulong inside = (ulong)rng.Below((int)(bytes + 1));
        return rng.Below(64) switch
        {
            < 24 => Align(Arena.Data + (ulong)rng.Below(Arena.DataSize - 1024), size),
            < 44 => Arena.Data + (ulong)rng.Below(Arena.DataSize - 1024),
            < 48 => Arena.Data + Arena.Page - inside,
            < 52 => Arena.Mixed + Arena.Page + (ulong)rng.Below(Arena.Page - 1024),
            < 54 => Arena.Mixed + (2 * Arena.Page) - inside,
            < 55 => Arena.Mixed + Arena.Page - inside,
            < 57 => Align(Arena.Mixed + (ulong)rng.Below(Arena.Page - 1024), size),
            < 58 => Arena.Data + Arena.DataSize - inside,
            < 59 => Arena.Data - inside,
            < 60 => Arena.Mixed + Arena.MixedSize - inside,
            < 61 => Arena.Data + 0x6000 + (ulong)rng.Below(Arena.Page),
            < 62 => Arena.Data + Arena.DataSize - bytes,
            < 63 => Arena.Data + (ulong)rng.Below(Arena.DataSize - 1024),
            _ => NonCanonical(ref rng),
        };
    }

    /// <summary>A branch target: breakpoints in the code window, or a page that may not be executed or does not exist.</summary>
    public static ulong Target(ref Rng rng, bool canonicalOnly) => rng.Below(16) switch
    {
        < 12 => Arena.Code + (ulong)rng.Below(Arena.CodeSize),
        12 => Arena.Data + (ulong)rng.Below(Arena.DataSize),
        13 => Arena.Code + Arena.CodeSize + (ulong)rng.Below(Arena.Page),
        14 => Arena.Code - 1 - (ulong)rng.Below(64),
        _ => canonicalOnly ? Arena.Mixed : NonCanonical(ref rng),
    };

    /// <summary>An address that is not canonical, with 4-level paging or with 5-level paging.</summary>
    public static ulong NonCanonical(ref Rng rng) => (rng.Next() >> 2) | (1UL << 62);

    private static ulong Align(ulong address, int size)
    {
        ulong alignment = size >= 64 ? 64 : System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Max(size, 1));
        return address & ~(alignment - 1);
    }
}
