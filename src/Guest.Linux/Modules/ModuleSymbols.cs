using System.Buffers.Binary;
using System.Text;
using Guest.Linux.Memory;
using Guest.Linux.Symbols;
using Guest.Linux.Types;
using Guest.Machine;

namespace Guest.Linux.Modules;

/// <summary>The symbol table of one module (<c>struct mod_kallsyms</c>), copied out of guest memory.</summary>
internal sealed class ModuleSymbols
{
    private const int EntryBytes = 24; // Elf64_Sym
    private const int MostSymbols = 1 << 20;
    private const int MostText = 64 << 20;

    private readonly KernelSymbol[] _byAddress;

    private ModuleSymbols(Place key, KernelSymbol[] byAddress)
    {
        Key = key;
        _byAddress = byAddress;
    }

    /// <summary>What the kernel said of the table when it was read.</summary>
    public Place Key { get; }

    /// <summary>All of them in the order of addresses.</summary>
    public IReadOnlyList<KernelSymbol> All => _byAddress;

    /// <summary>What the kernel says of a module's table now; null where it has none.</summary>
    public static Place? KeyOf(KernelMemory memory, KernelTypes types, KernelModule module)
    {
        bool read = KernelPath.Of(types, "module.kallsyms").TryRead(memory, module.Address, out ulong table);
        ulong symbols = memory.Read(table, types.Field("mod_kallsyms", "symtab"), ref read);
        ulong count = memory.Read(table, types.Field("mod_kallsyms", "num_symtab"), ref read);
        ulong text = memory.Read(table, types.Field("mod_kallsyms", "strtab"), ref read);
        ulong kinds = memory.Read(table, types.Field("mod_kallsyms", "typetab"), ref read);
        return read && table != 0 && count <= MostSymbols && module.Parts.Count > 0 ? new Place(module.Name, module.Parts[0].Start.Value, symbols, count, text, kinds) : null;
    }

    /// <summary>Reads a table; null where it cannot be read.</summary>
    public static ModuleSymbols? Read(KernelMemory memory, Place place)
    {
        byte[] entries = new byte[place.Count * EntryBytes];
        byte[] kinds = new byte[place.Count];
        if (!memory.TryRead(place.Symbols, entries) || !memory.TryRead(place.Kinds, kinds))
        {
            return null;
        }

        List<(ulong Address, int Order, KernelSymbol Symbol)> found = [];
        long budget = MostText;
        for (int i = 1; i < (int)place.Count && budget > 0; i++)
        {
            ReadOnlySpan<byte> entry = entries.AsSpan(i * EntryBytes, EntryBytes);
            bool isDefined = BinaryPrimitives.ReadUInt16LittleEndian(entry[6..]) != 0;
            string? name = isDefined ? memory.ReadText(new GuestVirtual(unchecked(place.Text + BinaryPrimitives.ReadUInt32LittleEndian(entry))), 512) : null;
            budget -= 512;
            if (name is { Length: > 0 })
            {
                ulong address = BinaryPrimitives.ReadUInt64LittleEndian(entry[8..]);
                ulong size = BinaryPrimitives.ReadUInt64LittleEndian(entry[16..]);
                found.Add((address, i, new KernelSymbol(new GuestVirtual(address), size, Letter(kinds[i]), name, place.Module)));
            }
        }

        return new ModuleSymbols(place, [.. found.OrderBy(each => each.Address).ThenBy(each => each.Order).Select(each => each.Symbol)]);
    }

    /// <summary>The symbol that an address of the module belongs to: the last that begins at or before it, of several there the first.</summary>
    public KernelSymbol? At(KernelModule module, GuestVirtual address)
    {
        long index = SortedAddresses.CountUpTo(_byAddress.Length, address.Value, i => _byAddress[(int)i].Address.Value).GetValueOrDefault() - 1;
        while (index > 0 && _byAddress[index - 1].Address == _byAddress[index].Address)
        {
            index--;
        }

        return index >= 0 && module.Contains(_byAddress[index].Address) ? _byAddress[index] : null;
    }

    /// <summary>The symbol of that name.</summary>
    public KernelSymbol? Find(KernelModule module, string name) =>
        _byAddress.FirstOrDefault(symbol => symbol.Name == name && symbol.Module == module.Name);

    private static char Letter(byte kind) => kind is > 0x20 and < 0x7F ? (char)kind : '?';

    /// <summary>Where a module's table stands: two that are equal are the same table.</summary>
    internal readonly record struct Place(string Module, ulong Start, ulong Symbols, ulong Count, ulong Text, ulong Kinds);
}
