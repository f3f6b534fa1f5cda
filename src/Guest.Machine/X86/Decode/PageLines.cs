namespace Guest.Machine.X86.Decode;

/// <summary>Which parts of a page hold code, one bit for each 64 bytes: a quick no for data beside it. Only grows.</summary>
internal struct PageLines
{
    private ulong _lines;

    /// <summary>Adds a range inside the page, at least one byte.</summary>
    internal void Add(int offset, int length) => _lines |= Of(offset, length);

    /// <summary>Whether a range may hold code; one outside all lines does not.</summary>
    internal readonly bool MayHold(int offset, int length) => (_lines & Of(offset, length)) != 0;

    private static ulong Of(int offset, int length)
    {
        int first = offset >> 6;
        int last = (offset + length - 1) >> 6;
        return (ulong.MaxValue << first) & (ulong.MaxValue >> (63 - last));
    }
}
