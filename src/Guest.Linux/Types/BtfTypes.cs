using System.Buffers.Binary;
using System.Text;

namespace Guest.Linux.Types;

/// <summary>A table of types in BTF (Linux, <c>Documentation/bpf/btf.rst</c>).</summary>
/// <remarks>Type 0 is <c>void</c>. A type number that the table does not have is answered like <c>void</c>; chains and nestings are bounded.</remarks>
public sealed class BtfTypes
{
    /// <summary>Most steps through typedefs and qualifiers, and deepest nesting, that are followed.</summary>
    internal const int MaxDepth = 32;

    private const int MaxTypes = 4_000_000;
    private const ushort Magic = 0xEB9F;
    private readonly byte[] _bytes;
    private readonly int[] _offsets;
    private readonly int _strings;
    private readonly int _stringsEnd;
    private Dictionary<string, int>? _byName;

    private BtfTypes(byte[] bytes, int[] offsets, int strings, int stringsEnd)
    {
        _bytes = bytes;
        _offsets = offsets;
        _strings = strings;
        _stringsEnd = stringsEnd;
    }

    /// <summary>Types, <c>void</c> included.</summary>
    public int Count => _offsets.Length;

    /// <summary>Reads a table.</summary>
    /// <param name="bytes">The bytes of a <c>.BTF</c> section; kept, not copied.</param>
    /// <returns>Null where they are no such table, or hold a kind of type that is not known (its length could only be guessed).</returns>
    public static BtfTypes? Parse(byte[] bytes)
    {
        if (bytes.Length < 24 || Word16(bytes, 0) != Magic || bytes[2] != 1)
        {
            return null;
        }

        long header = Word(bytes, 4);
        long types = header + Word(bytes, 8);
        long typesEnd = types + Word(bytes, 12);
        long strings = header + Word(bytes, 16);
        long stringsEnd = strings + Word(bytes, 20);
        if (typesEnd > bytes.Length || stringsEnd > bytes.Length || strings >= stringsEnd || bytes[stringsEnd - 1] != 0)
        {
            return null;
        }

        return FindTypes(bytes, (int)types, (int)typesEnd) is { } offsets ? new BtfTypes(bytes, offsets, (int)strings, (int)stringsEnd) : null;
    }

    /// <summary>What a type is.</summary>
    public BtfKind KindOf(int id) => At(id) is var at and > 0 ? (BtfKind)((Word(_bytes, at + 4) >> 24) & 31) : BtfKind.Void;

    /// <summary>A type's name; empty where it has none.</summary>
    public string NameOf(int id) => At(id) is var at and > 0 ? Text(Word(_bytes, at)) : string.Empty;

    /// <summary>The type that a pointer, typedef, qualifier, variable or array is of; 0 for others.</summary>
    public int TargetOf(int id) => KindOf(id) switch
    {
        BtfKind.Pointer or BtfKind.Typedef or BtfKind.Volatile or BtfKind.Const or BtfKind.Restrict or BtfKind.Variable or BtfKind.TypeTag => (int)Word(_bytes, At(id) + 8),
        BtfKind.Array => (int)Word(_bytes, At(id) + 12),
        _ => 0,
    };

    /// <summary>Elements of an array; 0 for others.</summary>
    public int LengthOf(int id) => KindOf(id) == BtfKind.Array ? (int)Math.Min(Word(_bytes, At(id) + 20), int.MaxValue) : 0;

    /// <summary>Whether an integer or enumeration is signed.</summary>
    public bool IsSigned(int id) => KindOf(id) switch
    {
        BtfKind.Int => (Word(_bytes, At(id) + 12) & (1 << 24)) != 0,
        BtfKind.Enum or BtfKind.Enum64 => (Word(_bytes, At(id) + 4) & (1u << 31)) != 0,
        _ => false,
    };

    /// <summary>The type behind typedefs and qualifiers.</summary>
    public int Resolve(int id)
    {
        for (int step = 0; step < MaxDepth; step++)
        {
            if (KindOf(id) is not (BtfKind.Typedef or BtfKind.Volatile or BtfKind.Const or BtfKind.Restrict or BtfKind.TypeTag))
            {
                return id;
            }

            id = TargetOf(id);
        }

        return 0;
    }

    /// <summary>Bytes that a value of the type takes; 0 where it has no size.</summary>
    public int SizeOf(int id)
    {
        long elements = 1;
        for (int step = 0; step < MaxDepth; step++)
        {
            id = Resolve(id);
            switch (KindOf(id))
            {
                case BtfKind.Array:
                    elements = Math.Min(elements * LengthOf(id), int.MaxValue);
                    id = TargetOf(id);
                    break;
                case BtfKind.Pointer:
                    return (int)Math.Min(elements * 8, int.MaxValue);
                case BtfKind.Int or BtfKind.Struct or BtfKind.Union or BtfKind.Enum or BtfKind.Enum64 or BtfKind.Float:
                    return (int)Math.Min(elements * Math.Min(Word(_bytes, At(id) + 8), int.MaxValue), int.MaxValue);
                default:
                    return 0;
            }
        }

        return 0;
    }

    /// <summary>The number of the structure, union, enumeration or typedef of that name, or 0. The first call makes an index of the names.</summary>
    public int Find(string name)
    {
        if (_byName is null)
        {
            _byName = [];
            for (int id = 1; id < Count; id++)
            {
                if (KindOf(id) is BtfKind.Struct or BtfKind.Union or BtfKind.Enum or BtfKind.Enum64 or BtfKind.Typedef && NameOf(id) is { Length: > 0 } text)
                {
                    // A structure is meant rather than a typedef of the same name.
                    if (!_byName.TryAdd(text, id) && KindOf(_byName[text]) == BtfKind.Typedef)
                    {
                        _byName[text] = id;
                    }
                }
            }
        }

        return _byName.GetValueOrDefault(name);
    }

    /// <summary>The members of a structure or union.</summary>
    public IEnumerable<BtfMember> MembersOf(int id)
    {
        if (KindOf(id) is not (BtfKind.Struct or BtfKind.Union))
        {
            yield break;
        }

        int at = At(id);
        uint info = Word(_bytes, at + 4);
        bool bitfields = info >> 31 != 0;
        for (int i = 0; i < (int)(info & 0xFFFF); i++)
        {
            int member = at + 12 + (i * 12);
            uint place = Word(_bytes, member + 8);
            yield return new BtfMember(
                Text(Word(_bytes, member)), (int)Word(_bytes, member + 4), (int)(bitfields ? place & 0xFF_FFFF : place), bitfields ? (int)(place >> 24) : 0);
        }
    }

    /// <summary>The names and values of an enumeration.</summary>
    public IEnumerable<(string Name, long Value)> ValuesOf(int id)
    {
        BtfKind kind = KindOf(id);
        if (kind is not (BtfKind.Enum or BtfKind.Enum64))
        {
            yield break;
        }

        int at = At(id);
        int step = kind == BtfKind.Enum ? 8 : 12;
        for (int i = 0; i < (int)(Word(_bytes, at + 4) & 0xFFFF); i++)
        {
            int value = at + 12 + (i * step);
            uint low = Word(_bytes, value + 4);
            yield return (Text(Word(_bytes, value)), kind == BtfKind.Enum64 ? (long)(((ulong)Word(_bytes, value + 8) << 32) | low) : IsSigned(id) ? (int)low : low);
        }
    }

    private static int[]? FindTypes(byte[] bytes, int start, int end)
    {
        List<int> offsets = [0];
        int at = start;
        while (at < end && offsets.Count < MaxTypes)
        {
            if (at + 12 > end || Extra(Word(bytes, at + 4)) is not (>= 0 and var extra) || extra > end - at - 12)
            {
                return null;
            }

            offsets.Add(at);
            at += 12 + extra;
        }

        return at == end ? [.. offsets] : null;
    }

    // Bytes that follow the three words every type has; -1 for a kind that is not known.
    private static int Extra(uint info)
    {
        int entries = (int)(info & 0xFFFF);
        return (BtfKind)((info >> 24) & 31) switch
        {
            BtfKind.Int or BtfKind.Variable or BtfKind.DeclarationTag => 4,
            BtfKind.Array => 12,
            BtfKind.Struct or BtfKind.Union or BtfKind.DataSection or BtfKind.Enum64 => entries * 12,
            BtfKind.Enum or BtfKind.FunctionPrototype => entries * 8,
            BtfKind.Pointer or BtfKind.Forward or BtfKind.Typedef or BtfKind.Volatile or BtfKind.Const or BtfKind.Restrict or BtfKind.Function or BtfKind.Float
                or BtfKind.TypeTag => 0,
            _ => -1,
        };
    }

    private int At(int id) => id > 0 && id < _offsets.Length ? _offsets[id] : 0;

    private string Text(uint offset)
    {
        if (offset >= _stringsEnd - _strings)
        {
            return string.Empty;
        }

        ReadOnlySpan<byte> rest = _bytes.AsSpan(_strings + (int)offset, _stringsEnd - _strings - (int)offset);
        return Encoding.UTF8.GetString(rest[..rest.IndexOf((byte)0)]);
    }

    private static uint Word(byte[] bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at));

    private static ushort Word16(byte[] bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(at));
}
