namespace Guest.Linux;

/// <summary>Looks for an address among others that are in order, wherever they stand.</summary>
public static class SortedAddresses
{
    /// <summary>How many of them are at or below an address: one less is the number of the last that is. Null where one that had to be looked at is not to be had.</summary>
    /// <param name="count">How many there are.</param>
    /// <param name="address">The address.</param>
    /// <param name="at">Each by its number; null where it cannot be read.</param>
    public static long? CountUpTo(long count, ulong address, Func<long, ulong?> at)
    {
        (long low, long high) = (0, count);
        while (low < high)
        {
            long middle = (low + high) / 2;
            if (at(middle) is not { } start)
            {
                return null;
            }

            (low, high) = start <= address ? (middle + 1, high) : (low, middle);
        }

        return low;
    }
}
