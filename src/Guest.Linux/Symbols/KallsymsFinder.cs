using System.Buffers.Binary;
using System.Text;

namespace Guest.Linux.Symbols;

/// <summary>Finds the kernel's symbol table in a copy of its image by its shape alone.</summary>
/// <remarks>
/// The token index is what is looked for: 256 ascending 16-bit numbers, the first 0, behind a table of texts that they point into. In front of
/// that table stand, in this order: the number of symbols, the compressed names, a marker for every 256th name, and from 6.2 on to 6.3 a list of
/// names in order. Addresses (32-bit offsets and a base that is relocated with the kernel) stand in front of the number up to 6.3, and
/// behind the token index from 6.4 on. Each part starts at a multiple of 8. Everything is checked against everything else, so that what is
/// returned is a symbol table and nothing that merely looks like one.
/// </remarks>
internal static class KallsymsFinder
{
    private const int Tokens = 256;
    private const int IndexBytes = Tokens * 2;
    private const int MaxTokenBytes = 64;
    private const int MinSymbols = 1000;
    private const int MaxSymbols = 4_000_000;
    private const int MaxNameBytes = 64 << 20;
    private const ulong KernelHalf = 0xFFFF_8000_0000_0000;

    // A guest can fill its image with what looks like the beginning of a table: most beginnings looked at for one token table, and most token tables.
    private const int MaxTries = 64;

    /// <summary>Finds it.</summary>
    /// <param name="image">The copy.</param>
    /// <returns>Null where there is none.</returns>
    public static Kallsyms? Find(ReadOnlySpan<byte> image)
    {
        int tries = 0;
        for (int index = 8; index + IndexBytes <= image.Length && tries < MaxTries; index += 8)
        {
            if (!IsAscending(image.Slice(index, IndexBytes)) || ReadTokens(image, index, out int tokenTable) is not { } tokens)
            {
                continue;
            }

            tries++;
            if (FindNames(image, tokenTable, index, tokens) is { } found)
            {
                return found;
            }
        }

        return null;
    }

    private static bool IsAscending(ReadOnlySpan<byte> index)
    {
        int last = BinaryPrimitives.ReadUInt16LittleEndian(index);
        if (last != 0)
        {
            return false;
        }

        for (int i = 2; i < IndexBytes; i += 2)
        {
            int next = BinaryPrimitives.ReadUInt16LittleEndian(index[i..]);
            if (next < last + 2 || next > last + MaxTokenBytes)
            {
                return false;
            }

            last = next;
        }

        return true;
    }

    private static string[]? ReadTokens(ReadOnlySpan<byte> image, int index, out int table)
    {
        // The last token's length is not known before the table's start is: its start is where that length comes out right.
        int last = Token(image, index, Tokens - 1);
        for (table = (index - last - 2) & ~7; table >= 0 && index - table - last <= MaxTokenBytes + 8; table -= 8)
        {
            int length = image[(table + last)..index].IndexOf((byte)0);
            if (length > 0 && Aligned(table + last + length + 1) == index && Split(image, table, index) is { } tokens)
            {
                return tokens;
            }
        }

        return null;
    }

    private static string[]? Split(ReadOnlySpan<byte> image, int table, int index)
    {
        string[] tokens = new string[Tokens];
        for (int i = 0; i < Tokens; i++)
        {
            ReadOnlySpan<byte> rest = image[(table + Token(image, index, i))..index];
            int length = rest.IndexOf((byte)0);
            int next = i + 1 < Tokens ? Token(image, index, i + 1) : Token(image, index, i) + length + 1;
            if (length <= 0 || Token(image, index, i) + length + 1 != next || rest[..length].ContainsAnyExceptInRange((byte)0x21, (byte)0x7E))
            {
                return null;
            }

            tokens[i] = Encoding.ASCII.GetString(rest[..length]);
        }

        return tokens;
    }

    private static Kallsyms? FindNames(ReadOnlySpan<byte> image, int tokenTable, int index, string[] tokens)
    {
        int tries = 0;
        for (int at = tokenTable - 16; at >= Math.Max(0, tokenTable - MaxNameBytes) && tries < MaxTries; at -= 8)
        {
            uint count = BinaryPrimitives.ReadUInt32LittleEndian(image[at..]);
            if (count is < MinSymbols or > MaxSymbols || BinaryPrimitives.ReadUInt32LittleEndian(image[(at + 4)..]) != 0)
            {
                continue;
            }

            tries++;
            ReadOnlySpan<byte> names = image[(at + 8)..tokenTable];
            if (ReadNames(names, (int)count) is { } starts && ReadAddresses(image, at, index, (int)count) is { } addresses)
            {
                return new Kallsyms(names.ToArray(), starts, addresses, tokens);
            }
        }

        return null;
    }

    // The names are right where the markers behind them say so.
    private static int[]? ReadNames(ReadOnlySpan<byte> names, int count)
    {
        int[] starts = new int[count];
        int next = 0;
        for (int i = 0; i < count; i++)
        {
            starts[i] = next;
            if (Kallsyms.Compressed(names, next, out next).IsEmpty)
            {
                return null;
            }
        }

        ReadOnlySpan<byte> markers = names[Math.Min(Aligned(next), names.Length)..];
        for (int i = 0; i < count; i += 256)
        {
            if (!BinaryPrimitives.TryReadUInt32LittleEndian(markers[Math.Min(i / 64, markers.Length)..], out uint marker) || marker != starts[i])
            {
                return null;
            }
        }

        return starts;
    }

    private static ulong[]? ReadAddresses(ReadOnlySpan<byte> image, int countAt, int index, int count)
    {
        int bytes = Aligned(count * 4);
        return ReadAddresses(image, countAt - 8 - bytes, count) ?? ReadAddresses(image, index + IndexBytes, count);
    }

    private static ulong[]? ReadAddresses(ReadOnlySpan<byte> image, int offsetsAt, int count)
    {
        int baseAt = offsetsAt + Aligned(count * 4);
        if (offsetsAt < 0 || baseAt + 8 > image.Length)
        {
            return null;
        }

        ulong relativeBase = BinaryPrimitives.ReadUInt64LittleEndian(image[baseAt..]);
        if (relativeBase < KernelHalf)
        {
            return null;
        }

        ReadOnlySpan<byte> offsets = image.Slice(offsetsAt, count * 4);
        bool absolutePerCpu = HasNegative(offsets);
        ulong[] addresses = new ulong[count];
        for (int i = 0; i < count; i++)
        {
            addresses[i] = Address(BinaryPrimitives.ReadInt32LittleEndian(offsets[(i * 4)..]), relativeBase, absolutePerCpu);
            if (i > 0 && addresses[i] < addresses[i - 1])
            {
                return null;
            }
        }

        return addresses;
    }

    // kallsyms_sym_address(): where per-CPU symbols are absolute, theirs are the positive offsets, and all others count down from -1.
    private static ulong Address(int offset, ulong relativeBase, bool absolutePerCpu) => unchecked(
        !absolutePerCpu ? relativeBase + (uint)offset : offset >= 0 ? (ulong)offset : relativeBase - 1 - (ulong)offset);

    private static bool HasNegative(ReadOnlySpan<byte> offsets)
    {
        for (int i = 3; i < offsets.Length; i += 4)
        {
            if (offsets[i] >= 0x80)
            {
                return true;
            }
        }

        return false;
    }

    private static int Token(ReadOnlySpan<byte> image, int index, int token) => BinaryPrimitives.ReadUInt16LittleEndian(image[(index + (token * 2))..]);

    private static int Aligned(int offset) => (offset + 7) & ~7;
}
