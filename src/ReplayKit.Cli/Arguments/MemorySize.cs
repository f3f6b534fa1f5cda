using System.Globalization;

namespace ReplayKit.Cli.Arguments;

/// <summary>A memory size as a user types it.</summary>
internal static class MemorySize
{
    /// <summary>Reads a number of bytes, or one of KiB, MiB or GiB by the letters K, M and G.</summary>
    /// <returns>Bytes.</returns>
    /// <exception cref="Guest.Machine.ReplayKitException">RK0308: it is neither.</exception>
    public static ulong Parse(string text)
    {
        int shift = text.Length == 0 ? 0 : char.ToUpperInvariant(text[^1]) switch
        {
            'K' => 10,
            'M' => 20,
            'G' => 30,
            _ => 0,
        };
        ReadOnlySpan<char> digits = text.AsSpan(0, text.Length - (shift == 0 ? 0 : 1));
        return ulong.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out ulong number) && number <= ulong.MaxValue >> shift
            ? number << shift
            : throw UsageError.NotASize(text);
    }
}
