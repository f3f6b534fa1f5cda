using System.Text;

namespace Trace.Export.Schema;

/// <summary>A fixed set of texts for a column. A value of the column is the text's <em>rank</em>: its place in the order of UTF-8 bytes.</summary>
/// <remarks>So the least and the greatest rank of a page are also its least and greatest text. Immutable: may be shared by threads.</remarks>
public sealed class SymbolTable
{
    private readonly ushort[] _rankOfCode;
    private readonly byte[][] _utf8;

    /// <summary>Makes the table from the texts of codes 0, 1, 2 and so on; several codes may have the same text.</summary>
    /// <exception cref="ArgumentException">There are more than 65,536 codes.</exception>
    public SymbolTable(IReadOnlyList<string> textOfCode)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(textOfCode.Count, 65_536, nameof(textOfCode));
        byte[][] texts = [.. textOfCode.Select(Encoding.UTF8.GetBytes)];
        List<byte[]> unique = [];
        foreach (byte[] text in texts.Order(Comparer<byte[]>.Create(Compare)))
        {
            if (unique.Count == 0 || Compare(unique[^1], text) != 0)
            {
                unique.Add(text);
            }
        }

        _utf8 = [.. unique];
        _rankOfCode = [.. texts.Select(text => (ushort)unique.BinarySearch(text, Comparer<byte[]>.Create(Compare)))];
    }

    /// <summary>How many different texts there are.</summary>
    public int Count => _utf8.Length;

    /// <summary>The rank of each code's text.</summary>
    public ReadOnlySpan<ushort> RankOfCode => _rankOfCode;

    /// <summary>The UTF-8 bytes of the text with that rank.</summary>
    public ReadOnlySpan<byte> Utf8(int rank) => _utf8[rank];

    /// <summary>The text with that rank.</summary>
    public string Text(int rank) => Encoding.UTF8.GetString(_utf8[rank]);

    private static int Compare(byte[]? left, byte[]? right) => left.AsSpan().SequenceCompareTo(right);
}
