namespace Guest.Linux.Tests.Crafted;

/// <summary>Structures with the members that the code under test asks for, at places that differ with the seed.</summary>
internal sealed class CraftedTypes
{
    private readonly BtfBuilder _btf = new();
    private readonly Random _random;
    private readonly Dictionary<string, (int Offset, int Size)> _places = [];
    private readonly Dictionary<string, (int Id, int Size)> _structs = [];
    private readonly int _byte;
    private readonly int _short;
    private readonly int _int;
    private readonly int _signed;
    private readonly int _long;

    public CraftedTypes(int seed)
    {
        _random = new Random(seed);
        _byte = _btf.Int("unsigned char", 1);
        _short = _btf.Int("short", 2, signed: true);
        _int = _btf.Int("unsigned int", 4);
        _signed = _btf.Int("int", 4, signed: true);
        _long = _btf.Int("unsigned long", 8);
    }

    public BtfBuilder Btf => _btf;

    public int PlaceOf(string member) => _places[member].Offset;

    public int WidthOf(string member) => _places[member].Size;

    public int SizeOf(string type) => _structs[type].Size;

    /// <summary>Declares a structure.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="members">Texts such as <c>long mm</c>, <c>byte comm 16</c>, <c>*mm_struct mm</c>, <c>list_head tasks</c>: a type, a name and perhaps a length.</param>
    /// <returns>Its type number.</returns>
    public int Struct(string name, params string[] members) => Struct(name, 0, members);

    /// <summary>As <see cref="Struct(string, string[])"/>, with its members one after the other where <paramref name="fixedSize"/> is given.</summary>
    public int Struct(string name, int fixedSize, params string[] members)
    {
        int at = 0;
        List<(string Name, int Type, int BitOffset, int BitSize)> list = [];
        foreach (string[] words in members.Select(member => member.Split(' ')))
        {
            (int type, int size) = Type(words[0]);
            if (words.Length > 2)
            {
                int length = int.Parse(words[2], System.Globalization.CultureInfo.InvariantCulture);
                (type, size) = (_btf.Array(type, length), size * length);
            }

            at = fixedSize == 0 ? ((at + 7) & ~7) + (_random.Next(4) * 8) : at;
            list.Add((words[1], type, at * 8, 0));
            _places[$"{name}.{words[1]}"] = (at, size);
            at += size;
        }

        int bytes = fixedSize == 0 ? ((at + 7) & ~7) + (_random.Next(4) * 8) : fixedSize;
        int id = _btf.Struct(name, bytes, [.. list]);
        _structs[name] = (id, bytes);
        return id;
    }

    /// <summary>Declares the kinds of maple node, with their slots at the kernel's places (their nodes are 256 bytes, whatever the version).</summary>
    public void MapleNodes()
    {
        int metadata = _structs["maple_metadata"].Id;
        Place("maple_range_64", 256, ("parent", _long, 0, 8), ("pivot", _btf.Array(_long, 15), 8, 120), ("slot", _btf.Array(_long, 16), 128, 128), ("meta", metadata, 248, 2));
        Place("maple_arange_64", 248, ("parent", _long, 0, 8), ("pivot", _btf.Array(_long, 9), 8, 72), ("slot", _btf.Array(_long, 10), 80, 80), ("gap", _btf.Array(_long, 10), 160, 80), ("meta", metadata, 240, 2));
        Place("maple_node", 256, ("parent", _long, 0, 8), ("slot", _btf.Array(_long, 31), 8, 248));
    }

    private void Place(string name, int bytes, params (string Name, int Type, int Offset, int Size)[] members)
    {
        _structs[name] = (_btf.Struct(name, bytes, [.. members.Select(member => (member.Name, member.Type, member.Offset * 8, 0))]), bytes);
        foreach (var member in members)
        {
            _places[$"{name}.{member.Name}"] = (member.Offset, member.Size);
        }
    }

    private (int Type, int Size) Type(string word) => word switch
    {
        "byte" => (_byte, 1),
        "short" => (_short, 2),
        "int" => (_int, 4),
        "signed" => (_signed, 4),
        "long" => (_long, 8),
        ['*', .. var target] => (_btf.Pointer(_structs.TryGetValue(target, out var known) ? known.Id : 0), 8),
        _ => _structs[word],
    };
}
