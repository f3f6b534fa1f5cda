using System.Globalization;
using System.Numerics;

namespace Analysis.Plugins.Caches;

/// <summary>How many sets and ways a cache has.</summary>
/// <param name="Sets">Sets: a power of two.</param>
/// <param name="Ways">Lines of a set.</param>
public readonly record struct CacheShape(int Sets, int Ways)
{
    private const int MostSets = 1 << 24;
    private const int MostWays = 1024;

    /// <summary>Reads SIZE/WAYS, the size in bytes or with K or M.</summary>
    /// <exception cref="ArgumentException">It is none, or its sets are no power of two.</exception>
    public static CacheShape OfBytes(string text, int line) => Of(text, (ulong)line);

    /// <summary>Reads ENTRIES/WAYS.</summary>
    /// <exception cref="ArgumentException">As for <see cref="OfBytes"/>.</exception>
    public static CacheShape OfEntries(string text) => Of(text, 1);

    private static CacheShape Of(string text, ulong unit)
    {
        string[] parts = text.Split('/');
        string digits = parts[0].TrimEnd('K', 'M');
        ulong factor = parts[0].EndsWith('K') ? 1ul << 10 : parts[0].EndsWith('M') ? 1ul << 20 : 1ul;
        if (parts.Length != 2 || digits.Length < parts[0].Length - 1 || !uint.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out uint size)
            || !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int ways) || ways is < 1 or > MostWays)
        {
            throw new ArgumentException($"'{text}' is no SIZE/WAYS, such as 32K/8");
        }

        ulong lines = size * factor / unit;
        ulong sets = lines / (ulong)ways;
        if (sets is 0 or > MostSets || !BitOperations.IsPow2(sets) || sets * (ulong)ways * unit != size * factor)
        {
            throw new ArgumentException($"'{text}' does not make a number of sets that is a power of two");
        }

        return new CacheShape((int)sets, ways);
    }
}
