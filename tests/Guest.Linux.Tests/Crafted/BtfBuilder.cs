using System.Buffers.Binary;
using System.Text;

namespace Guest.Linux.Tests.Crafted;

/// <summary>Writes BTF byte by byte as Documentation/bpf/btf.rst lays it down.</summary>
internal sealed class BtfBuilder
{
    private readonly List<byte> _types = [];
    private readonly List<byte> _strings = [0];
    private int _count;

    public int Int(string name, int bytes, bool signed = false) => Type(name, 1, 0, bytes, false, (uint)((signed ? 1 << 24 : 0) | (bytes * 8)));

    public int Pointer(int target) => Type(string.Empty, 2, 0, target, false);

    public int Array(int element, int length) => Type(string.Empty, 3, 0, 0, false, (uint)element, 0, (uint)length);

    public int Struct(string name, int bytes, params (string Name, int Type, int BitOffset, int BitSize)[] members) => Compound(name, 4, bytes, members);

    public int Union(string name, int bytes, params (string Name, int Type, int BitOffset, int BitSize)[] members) => Compound(name, 5, bytes, members);

    public int Enum(string name, params (string Name, int Value)[] values) =>
        Type(name, 6, values.Length, 4, true, [.. values.SelectMany(value => new[] { Text(value.Name), (uint)value.Value })]);

    public int Enum64(string name, params (string Name, long Value)[] values) =>
        Type(name, 19, values.Length, 8, true, [.. values.SelectMany(value => new[] { Text(value.Name), (uint)value.Value, (uint)(value.Value >> 32) })]);

    public int Typedef(string name, int target) => Type(name, 8, 0, target, false);

    public int Const(int target) => Type(string.Empty, 10, 0, target, false);

    public int OfKind(int kind, string name, int sizeOrType) => Type(name, kind, 0, sizeOrType, false);

    public byte[] Bytes()
    {
        byte[] types = [.. _types];
        byte[] strings = [.. _strings];
        byte[] header = new byte[24];
        BinaryPrimitives.WriteUInt16LittleEndian(header, 0xEB9F);
        header[2] = 1;
        uint[] words = [24, 0, (uint)types.Length, (uint)types.Length, (uint)strings.Length];
        for (int i = 0; i < words.Length; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(4 + (i * 4)), words[i]);
        }

        return [.. header, .. types, .. strings];
    }

    private int Compound(string name, int kind, int bytes, (string Name, int Type, int BitOffset, int BitSize)[] members)
    {
        bool bitfields = members.Any(member => member.BitSize != 0);
        return Type(name, kind, members.Length, bytes, bitfields,
            [.. members.SelectMany(member => new[] { Text(member.Name), (uint)member.Type, (uint)member.BitOffset | ((uint)member.BitSize << 24) })]);
    }

    private int Type(string name, int kind, int entries, int sizeOrType, bool flag, params uint[] more)
    {
        uint[] words = [Text(name), (uint)((kind << 24) | entries) | (flag ? 1u << 31 : 0), (uint)sizeOrType, .. more];
        Span<byte> bytes = stackalloc byte[4];
        foreach (uint word in words)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(bytes, word);
            _types.AddRange(bytes);
        }

        return ++_count;
    }

    private uint Text(string text)
    {
        if (text.Length == 0)
        {
            return 0;
        }

        uint at = (uint)_strings.Count;
        _strings.AddRange(Encoding.UTF8.GetBytes(text + "\0"));
        return at;
    }
}
