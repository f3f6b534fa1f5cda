using System.Text;

namespace Guest.Linux.Symbols;

/// <summary>The kernel's own symbol table (<c>kernel/kallsyms.c</c>, written by <c>scripts/kallsyms.c</c>), copied out of guest memory.</summary>
/// <remarks>It does not change while the kernel runs. Names are token-compressed and are expanded when asked for.</remarks>
internal sealed class Kallsyms
{
    private readonly byte[] _names;
    private readonly int[] _nameStarts;
    private readonly ulong[] _addresses;
    private readonly string[] _tokens;
    private Dictionary<string, int>? _byName;

    /// <summary>Takes the parts that <see cref="KallsymsFinder"/> has found and checked.</summary>
    /// <param name="names">Compressed names, each with its length in front.</param>
    /// <param name="nameStarts">Where each name's length stands.</param>
    /// <param name="addresses">Run-time addresses, ascending.</param>
    /// <param name="tokens">The 256 tokens.</param>
    public Kallsyms(byte[] names, int[] nameStarts, ulong[] addresses, string[] tokens)
    {
        _names = names;
        _nameStarts = nameStarts;
        _addresses = addresses;
        _tokens = tokens;
    }

    /// <summary>Names in the table.</summary>
    public int Count => _addresses.Length;

    /// <summary>The address of the symbol with that number.</summary>
    public ulong AddressAt(int index) => _addresses[index];

    /// <summary>The number of the first symbol of that name, or -1. The first call expands all names.</summary>
    public int Find(string name)
    {
        if (_byName is null)
        {
            _byName = new Dictionary<string, int>(Count);
            for (int i = 0; i < Count; i++)
            {
                _byName.TryAdd(NameAt(i, out _), i);
            }
        }

        return _byName.TryGetValue(name, out int index) ? index : -1;
    }

    /// <summary>The number of the symbol that begins last at or before an address, of several at one address the first; -1 before all.</summary>
    public int FindAt(ulong address)
    {
        int index = Array.BinarySearch(_addresses, address);
        index = index >= 0 ? index : ~index - 1;
        while (index > 0 && _addresses[index - 1] == _addresses[index])
        {
            index--;
        }

        return index;
    }

    /// <summary>The first address behind a symbol's own that another symbol has; the symbol's own where there is none.</summary>
    public ulong NextAddress(int index)
    {
        ulong address = _addresses[index];
        while (index < Count && _addresses[index] == address)
        {
            index++;
        }

        return index < Count ? _addresses[index] : address;
    }

    /// <summary>Expands a name.</summary>
    public string NameAt(int index, out char type)
    {
        StringBuilder text = new(48);
        ReadOnlySpan<byte> compressed = Compressed(_names, _nameStarts[index], out _);
        foreach (byte token in compressed)
        {
            text.Append(_tokens[token]);
        }

        type = text.Length == 0 ? '?' : text[0];
        return text.Length == 0 ? string.Empty : text.ToString(1, text.Length - 1);
    }

    /// <summary>The compressed bytes of a name.</summary>
    /// <param name="names">The names.</param>
    /// <param name="start">Where its length stands: one byte, or two from 128 on.</param>
    /// <param name="next">Where the next name's length stands; -1 where this one does not fit.</param>
    public static ReadOnlySpan<byte> Compressed(ReadOnlySpan<byte> names, int start, out int next)
    {
        next = -1;
        if (start >= names.Length)
        {
            return default;
        }

        int length = names[start++];
        if (length >= 0x80 && start < names.Length)
        {
            length = (length & 0x7F) | (names[start++] << 7);
        }

        if (length > names.Length - start)
        {
            return default;
        }

        next = start + length;
        return names.Slice(start, length);
    }
}
