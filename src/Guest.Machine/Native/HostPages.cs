namespace Guest.Machine.Native;

/// <summary>Asks the host for the pages of a mapping sixteen at a time, before they are touched: a fault for each costs more than the page.</summary>
/// <param name="address">The mapping's first byte, on a page.</param>
/// <param name="length">Its bytes, whole pages.</param>
/// <param name="write">Whether they will be written there, not only read or executed.</param>
/// <remarks>Hosts before Linux 5.14 do not know the request: there each page comes with its own fault.</remarks>
internal sealed class HostPages(nint address, long length, bool write)
{
    private const int Shift = 16;
    private readonly bool[] _isThere = new bool[((length - 1) >> Shift) + 1];

    /// <summary>The byte at an offset will be touched soon.</summary>
    internal void Need(long offset)
    {
        int chunk = (int)(offset >> Shift);
        if (!_isThere[chunk])
        {
            _isThere[chunk] = true;
            long start = (long)chunk << Shift;
            _ = LibC.Advise(address + (nint)start, (nuint)Math.Min(1L << Shift, length - start), write ? LibC.PopulateWrite : LibC.PopulateRead);
        }
    }
}
