using System.Buffers.Binary;
using System.Text;

namespace Guest.Linux.Tests.Crafted;

/// <summary>Writes a kernel symbol table as scripts/kallsyms.c does.</summary>
internal static class KallsymsBuilder
{
    private static readonly string[] Tokens = [.. Enumerable.Range(0, 256).Select(Token)];

    /// <summary>The table's bytes; the first byte goes to a multiple of 8.</summary>
    /// <param name="symbols">Ascending by address.</param>
    /// <param name="relativeBase">The base, already relocated.</param>
    /// <param name="layout">The order of the parts.</param>
    /// <param name="absolutePerCpu">Whether small addresses are per-CPU offsets and all others count down from the base.</param>
    public static byte[] Build(IReadOnlyList<(ulong Address, char Type, string Name)> symbols, ulong relativeBase, KallsymsLayout layout, bool absolutePerCpu = true)
    {
        byte[] addresses = [.. Align([.. symbols.SelectMany(symbol => Bytes32(Offset(symbol.Address, relativeBase, absolutePerCpu)))]), .. BitConverter.GetBytes(relativeBase)];
        List<byte> names = [];
        List<byte> markers = [];
        for (int i = 0; i < symbols.Count; i++)
        {
            if (i % 256 == 0)
            {
                markers.AddRange(Bytes32((uint)names.Count));
            }

            byte[] text = Compress(symbols[i].Type + symbols[i].Name);
            names.AddRange(text.Length < 128 ? [(byte)text.Length] : [(byte)(0x80 | (text.Length & 0x7F)), (byte)(text.Length >> 7)]);
            names.AddRange(text);
        }

        byte[] order = Align([.. Enumerable.Range(0, symbols.Count).SelectMany(i => new[] { (byte)(i >> 16), (byte)(i >> 8), (byte)i })]);
        byte[] middle =
        [
            .. Align([.. Bytes32((uint)symbols.Count)]), .. Align([.. names]), .. Align([.. markers]),
            .. layout == KallsymsLayout.AddressesFirstWithOrder ? order : [], .. TokenTable(),
        ];
        return layout == KallsymsLayout.AddressesLast ? [.. middle, .. addresses, .. order] : [.. addresses, .. middle];
    }

    private static uint Offset(ulong address, ulong relativeBase, bool absolutePerCpu) => unchecked(
        !absolutePerCpu ? (uint)(address - relativeBase) : address < 0x8000_0000 ? (uint)address : (uint)(relativeBase - 1 - address));

    private static byte[] Compress(string name)
    {
        List<byte> tokens = [];
        for (int at = 0; at < name.Length;)
        {
            int token = at + 3 <= name.Length && Array.IndexOf(Tokens, name.Substring(at, 3), 128) is > 0 and var long3 ? long3 : Array.IndexOf(Tokens, name.Substring(at, 1));
            tokens.Add((byte)token);
            at += Tokens[token].Length;
        }

        return [.. tokens];
    }

    // Printable characters stand for themselves, the rest for groups of three.
    private static string Token(int value) => value is > 0x20 and < 0x7F ? ((char)value).ToString() : $"{(char)('a' + (value % 26))}{(char)('a' + (value / 26))}_";

    private static byte[] TokenTable()
    {
        List<byte> table = [];
        List<byte> index = [];
        foreach (string token in Tokens)
        {
            index.AddRange(BitConverter.GetBytes((ushort)table.Count));
            table.AddRange(Encoding.ASCII.GetBytes(token + "\0"));
        }

        return [.. Align([.. table]), .. Align([.. index])];
    }

    private static byte[] Align(byte[] bytes) => [.. bytes, .. new byte[-bytes.Length & 7]];

    private static byte[] Bytes32(uint value)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        return bytes;
    }
}
