using System.Globalization;

namespace Analysis.Plugins.SystemCalls.Forms;

/// <summary>Names of values or of bits: the constants of a header by their names.</summary>
internal sealed class Words
{
    private readonly (string Name, ulong Value)[] _names;

    /// <summary>Takes the names.</summary>
    /// <param name="words">NAME=VALUE with spaces between, values in hexadecimal; for bits, those of several before their parts.</param>
    internal Words(string words) =>
        _names = [.. words.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries).Select(word => word.Split('=')).Select(pair => (pair[0], ulong.Parse(pair[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture)))];

    /// <summary>The names of the bits that are set, and the rest in hexadecimal.</summary>
    internal string Bits(ulong value) => Bits(value, "0");

    /// <summary>The names of the bits that are set, and the rest in hexadecimal.</summary>
    /// <param name="value">The bits.</param>
    /// <param name="none">What it is called when none is set.</param>
    internal string Bits(ulong value, string none)
    {
        List<string> found = [];
        foreach ((string name, ulong bits) in _names)
        {
            if (bits != 0 && (value & bits) == bits)
            {
                found.Add(name);
                value &= ~bits;
            }
        }

        if (value != 0)
        {
            found.Add("0x" + value.ToString("x", CultureInfo.InvariantCulture));
        }

        return found.Count == 0 ? _names.FirstOrDefault(each => each.Value == 0).Name ?? none : string.Join('|', found);
    }

    /// <summary>The name of a value; a number where it has none.</summary>
    internal string Name(ulong value)
    {
        foreach ((string name, ulong each) in _names)
        {
            if (each == value)
            {
                return name;
            }
        }

        return "0x" + value.ToString("x", CultureInfo.InvariantCulture);
    }

    /// <summary>An argument that is a word of 32 bits of such bits.</summary>
    internal ArgumentForm AsBits => new(text => text.Add(Bits((uint)text.Value)));

    /// <summary>An argument that is one of such values.</summary>
    internal ArgumentForm AsName => new(text => text.Add(Name((uint)text.Value)));
}
