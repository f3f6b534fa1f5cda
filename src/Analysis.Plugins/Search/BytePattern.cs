using System.Text;

namespace Analysis.Plugins.Search;

/// <summary>Bytes that are looked for.</summary>
internal static class BytePattern
{
    private const int Longest = 2048;

    /// <summary>Reads one.</summary>
    /// <exception cref="ArgumentException">It is empty or too long, or no hexadecimal digits.</exception>
    internal static byte[] Parse(string text, bool isHex)
    {
        byte[] bytes;
        try
        {
            bytes = isHex ? Convert.FromHexString(text) : Encoding.UTF8.GetBytes(text);
        }
        catch (FormatException)
        {
            throw new ArgumentException($"'{text}' is not an even number of hexadecimal digits");
        }

        return bytes.Length is > 0 and <= Longest ? bytes : throw new ArgumentException($"1 to {Longest} bytes can be looked for");
    }

    /// <summary>Where they are in a page.</summary>
    internal static List<int> Find(ReadOnlySpan<byte> page, ReadOnlySpan<byte> pattern)
    {
        List<int> found = [];
        for (int from = 0, at; (at = page[from..].IndexOf(pattern)) >= 0; from += at + 1)
        {
            found.Add(from + at);
        }

        return found;
    }
}
