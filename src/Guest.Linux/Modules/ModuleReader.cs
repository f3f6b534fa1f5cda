using Guest.Linux.Memory;
using Guest.Linux.Symbols;
using Guest.Linux.Types;
using Guest.Machine;

namespace Guest.Linux.Modules;

/// <summary>Reads the kernel's list of modules and their symbols.</summary>
public sealed class ModuleReader
{
    private const int NameBytes = 56; // MODULE_NAME_LEN on 64-bit
    private const int MostModules = 10_000;

    private readonly KernelMemory _memory;
    private readonly KernelTypes _types;

    // 0 where the kernel was built without modules.
    private readonly ulong _head;
    private readonly KernelField _list;
    private readonly KernelField _name;
    private readonly KernelField _state;
    private readonly (KernelField Start, KernelField Length)[] _parts;
    private readonly Dictionary<ulong, ModuleSymbols> _symbols = [];

    internal ModuleReader(LinuxKernel kernel)
    {
        _memory = kernel.Memory;
        _types = kernel.Types;
        _parts = [];
        if (kernel.Symbols.Find("modules")?.Address is not { } head)
        {
            return;
        }

        _head = head.Value;
        _list = _types.Field("module", "list");
        _name = _types.Field("module", "name");
        _state = _types.Field("module", "state");
        _parts = [.. PartFields(_types)];
    }

    /// <summary>The modules, the last loaded first.</summary>
    public Listing<KernelModule> All()
    {
        List<KernelModule> found = [];
        HashSet<ulong> seen = [_head];
        ulong at = _head;
        while (_head != 0 && _memory.TryRead(at, out at) && at != _head)
        {
            if (!seen.Add(at) || seen.Count > MostModules)
            {
                return new Listing<KernelModule>(found, $"the list of modules runs in a circle at 0x{at:x}");
            }

            if (Read(unchecked(at - (ulong)_list.Offset)) is not { } module)
            {
                return new Listing<KernelModule>(found, $"the list of modules leads to 0x{at:x}, which holds no module");
            }

            found.Add(module);
        }

        return new Listing<KernelModule>(found, at == _head ? null : "the list of modules leads to an address that cannot be read");
    }

    /// <summary>The module whose memory an address lies in; null where it is no module's.</summary>
    public KernelModule? At(GuestVirtual address) => All().Items.FirstOrDefault(module => module.State != ModuleState.Unformed && module.Contains(address));

    /// <summary>The symbol of a module that an address belongs to; null where there is none.</summary>
    public KernelSymbol? SymbolAt(GuestVirtual address) => At(address) is { } module ? SymbolsOf(module)?.At(module, address) : null;

    /// <summary>The symbol of that name in a module; null where there is none.</summary>
    public KernelSymbol? Find(KernelModule module, string name) => SymbolsOf(module)?.Find(module, name);

    /// <summary>All symbols of a module in the order of addresses; none where they cannot be read.</summary>
    public IReadOnlyList<KernelSymbol> All(KernelModule module) => SymbolsOf(module)?.All ?? [];

    // Kept as long as the kernel's own description of them stays the same.
    private ModuleSymbols? SymbolsOf(KernelModule module)
    {
        if (ModuleSymbols.KeyOf(_memory, _types, module) is not { } key)
        {
            return null;
        }

        if (!_symbols.TryGetValue(module.Address.Value, out ModuleSymbols? symbols) || symbols.Key != key)
        {
            symbols = ModuleSymbols.Read(_memory, key);
            if (symbols is null)
            {
                return null;
            }

            _symbols[module.Address.Value] = symbols;
        }

        return symbols;
    }

    private KernelModule? Read(ulong module)
    {
        bool read = true;
        ulong state = _memory.Read(module, _state, ref read);
        string? name = _memory.ReadText(new GuestVirtual(unchecked(module + (ulong)_name.Offset)), NameBytes);
        ModulePart[] parts = new ModulePart[_parts.Length];
        for (int i = 0; i < parts.Length; i++)
        {
            parts[i] = new ModulePart(new GuestVirtual(_memory.Read(module, _parts[i].Start, ref read)), _memory.Read(module, _parts[i].Length, ref read));
        }

        return read && name is not null && state <= (ulong)ModuleState.Unformed
            ? new KernelModule(new GuestVirtual(module), name, (ModuleState)state, [.. parts.Where(part => part.Length > 0)])
            : null;
    }

    // Two layouts up to 6.3, an array of parts by kind from 6.4 on.
    private static IEnumerable<(KernelField Start, KernelField Length)> PartFields(KernelTypes types)
    {
        if (!types.TryField("module", "mem", out KernelField parts))
        {
            yield return (types.Field("module", "core_layout.base"), types.Field("module", "core_layout.size"));
            yield return (types.Field("module", "init_layout.base"), types.Field("module", "init_layout.size"));
            yield break;
        }

        for (int i = 0; i < Math.Min(types.Table.LengthOf(parts.TypeId), 64); i++)
        {
            yield return (types.Field("module", $"mem[{i}].base"), types.Field("module", $"mem[{i}].size"));
        }
    }
}
