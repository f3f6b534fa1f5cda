using Guest.Linux;
using Guest.Linux.Elf;
using Guest.Linux.Files;
using Guest.Machine;
using Guest.Machine.State;

namespace Replay.Engine.Observe.Programs;

/// <summary>The programs that ran in the guest while it was observed, what files their code is from, and the names of functions. Keep it with <see cref="IInstrumentation.Programs"/>.</summary>
/// <remarks>
/// What it says does not depend on where a recording is cut into segments, as far as the guest's memory has the files' symbol tables: those that the last
/// segment finds there are taken.
/// </remarks>
public sealed class GuestPrograms : IPluginState
{
    private readonly List<GuestProgram> _programs = [];
    private readonly List<CodeModule> _modules = [];
    private readonly Dictionary<(string, FileIdentity), CodeModule> _byFile = [];
    private readonly Dictionary<ulong, GuestProgram> _bySpace = [];
    private readonly SortedDictionary<ulong, KernelFunction> _functions = [];
    private readonly List<KernelCode> _kernel = [];
    private KernelFunction[]? _sorted;

    /// <summary>The programs, by number.</summary>
    public IReadOnlyList<GuestProgram> All => _programs;

    /// <summary>The files, by number.</summary>
    public IReadOnlyList<CodeModule> Modules => _modules;

    /// <summary>The kernel and its modules.</summary>
    public IReadOnlyList<KernelCode> Kernel => _kernel;

    /// <summary>What an address of code is.</summary>
    public CodePlace PlaceOf(CodeOwner owner, GuestVirtual pc)
    {
        if (owner.IsKernel)
        {
            return KernelPlace(pc);
        }

        if (ModuleOf(owner, pc, out ulong address) is not { } module)
        {
            return new CodePlace(CodePlace.UnknownModule, address, string.Empty, address);
        }

        ElfFunction? function = module.FunctionAt(address);
        return new CodePlace(module.Path, address, function?.Name ?? string.Empty, function?.Address ?? address);
    }

    /// <summary>What file an address of code is in, and the address there; without the function as <see cref="PlaceOf"/> says it.</summary>
    public (string Module, ulong Address) FileOf(CodeOwner owner, GuestVirtual pc)
    {
        if (owner.IsKernel)
        {
            return (KernelFileOf(pc), pc.Value);
        }

        CodeModule? module = ModuleOf(owner, pc, out ulong address);
        return (module?.Path ?? CodePlace.UnknownModule, address);
    }

    /// <summary>Learns the names of the kernel's functions at some addresses, from the guest as it stands.</summary>
    /// <param name="guest">The guest.</param>
    /// <param name="addresses">The addresses, ascending.</param>
    public void NameKernel(ObservedGuest guest, IEnumerable<GuestVirtual> addresses)
    {
        if (guest.Look(guest.Machine.Cpu) is not { } kernel)
        {
            return;
        }

        ulong end = 0;
        foreach (GuestVirtual address in addresses)
        {
            if (address.Value >= end && kernel.Symbols.At(address) is { } symbol)
            {
                end = symbol.Address.Value + symbol.Size;
                Add(new KernelFunction(symbol.Address, new GuestVirtual(end), symbol.Name));
            }
        }
    }

    /// <summary>Takes over what the next segment knows.</summary>
    /// <returns>What the segment's owners of code are here.</returns>
    public Func<CodeOwner, CodeOwner> Append(GuestPrograms next)
    {
        int[] modules = [.. next._modules.Select(module => Take(module).Number)];
        int[] numbers = [.. next._programs.Select(program => Take(program, modules).Number)];
        foreach (KernelFunction function in next._functions.Values)
        {
            Add(function);
        }

        foreach (KernelCode code in next._kernel)
        {
            Add(code);
        }

        return owner => owner.Program < 0 ? owner : CodeOwner.OfProgram(numbers[owner.Program]);
    }

    /// <inheritdoc/>
    public void Save(StateWriter writer)
    {
        writer.WriteInt32(_modules.Count);
        _modules.ForEach(module => module.Save(writer));
        writer.WriteInt32(_programs.Count);
        foreach (GuestProgram program in _programs)
        {
            Save(writer, program);
        }

        writer.WriteInt32(_functions.Count);
        foreach (KernelFunction function in _functions.Values)
        {
            writer.WriteUInt64(function.Start.Value);
            writer.WriteUInt64(function.End.Value);
            StateText.Write(writer, function.Name);
        }

        writer.WriteInt32(_kernel.Count);
        foreach (KernelCode code in _kernel)
        {
            StateText.Write(writer, code.Name);
            writer.WriteUInt64(code.Start.Value);
            writer.WriteUInt64(code.End.Value);
        }
    }

    /// <inheritdoc/>
    public void Load(StateReader reader)
    {
        for (int left = reader.ReadIndex(int.MaxValue); left > 0; left--)
        {
            Add(CodeModule.Load(reader, _modules.Count));
        }

        for (int left = reader.ReadIndex(int.MaxValue); left > 0; left--)
        {
            LoadProgram(reader);
        }

        for (int left = reader.ReadIndex(int.MaxValue); left > 0; left--)
        {
            Add(new KernelFunction(new GuestVirtual(reader.ReadUInt64()), new GuestVirtual(reader.ReadUInt64()), StateText.Read(reader)));
        }

        for (int left = reader.ReadIndex(int.MaxValue); left > 0; left--)
        {
            Add(new KernelCode(StateText.Read(reader), new GuestVirtual(reader.ReadUInt64()), new GuestVirtual(reader.ReadUInt64())));
        }
    }

    /// <summary>The program whose code runs in an address space now.</summary>
    public CodeOwner OwnerOf(GuestPhysical space)
    {
        // With page-table isolation user code has a table of its own beside the kernel's.
        const ulong Isolated = 0x1000;
        return _bySpace.TryGetValue(space.Value, out GuestProgram? program) || _bySpace.TryGetValue(space.Value & ~Isolated, out program)
            ? CodeOwner.OfProgram(program.Number)
            : CodeOwner.Unknown;
    }

    /// <summary>A program begins in its address space.</summary>
    internal GuestProgram Begin(int pid, ulong startTime, GuestPhysical space, string name, string path, bool wasThere)
    {
        GuestProgram program = new(_programs.Count, pid, startTime, space, name, path, wasThere);
        _programs.Add(program);
        _bySpace[space.Value] = program;
        return program;
    }

    /// <summary>The module of a file or of what has none.</summary>
    internal CodeModule ModuleOf(string path, GuestFile? file)
    {
        FileIdentity identity = file?.Identity ?? default;
        if (!_byFile.TryGetValue((path, identity), out CodeModule? module))
        {
            Add(module = new CodeModule(_modules.Count, path, identity));
        }

        module.File ??= file;
        return module;
    }

    /// <summary>Learns a function of the kernel.</summary>
    internal void Add(in KernelFunction function)
    {
        _functions.TryAdd(function.Start.Value, function);
        _sorted = null;
    }

    /// <summary>Learns where code of the kernel is.</summary>
    internal void Add(in KernelCode code)
    {
        if (!_kernel.Contains(code))
        {
            _kernel.Add(code);
        }
    }

    private void Add(CodeModule module)
    {
        _modules.Add(module);
        _byFile[(module.Path, module.Identity)] = module;
    }

    private CodeModule Take(CodeModule next)
    {
        if (!_byFile.TryGetValue((next.Path, next.Identity), out CodeModule? module))
        {
            Add(module = new CodeModule(_modules.Count, next.Path, next.Identity));
        }

        module.TakeOver(next);
        return module;
    }

    private GuestProgram Take(GuestProgram next, int[] modules)
    {
        GuestProgram? known = next.WasThere
            ? _programs.FindLast(program => program.Pid == next.Pid && program.StartTime == next.StartTime && program.Space == next.Space)
            : null;
        GuestProgram program = known ?? Begin(next.Pid, next.StartTime, next.Space, next.Name, next.Path, next.WasThere);
        foreach (CodeArea area in next.Areas)
        {
            program.Add(area with { Module = modules[area.Module] });
        }

        return program;
    }

    // The file that a program has at an address, and the address there; null where it has none.
    private CodeModule? ModuleOf(CodeOwner owner, GuestVirtual pc, out ulong address)
    {
        address = pc.Value;
        if (owner.Program < 0 || owner.Program >= _programs.Count || _programs[owner.Program].AreaAt(pc) is not { } area)
        {
            return null;
        }

        CodeModule module = _modules[area.Module];
        address = module.Path == CodeModule.NoFile ? address : module.AddressOf(address - area.Start.Value + area.FileOffset);
        return module;
    }

    private CodePlace KernelPlace(GuestVirtual pc)
    {
        KernelFunction? function = FunctionAt(pc);
        return new CodePlace(KernelFileOf(pc), pc.Value, function?.Name ?? string.Empty, (function?.Start ?? pc).Value);
    }

    private string KernelFileOf(GuestVirtual pc)
    {
        for (int i = _kernel.Count - 1; i >= 0; i--)
        {
            if (_kernel[i].Contains(pc))
            {
                return _kernel[i].Name;
            }
        }

        return CodePlace.UnknownModule;
    }

    private KernelFunction? FunctionAt(GuestVirtual pc)
    {
        _sorted ??= [.. _functions.Values];
        return SortedAddresses.CountUpTo(_sorted.Length, pc.Value, i => _sorted[i].Start.Value) is > 0 and var count && pc.Value < _sorted[count - 1].End.Value ? _sorted[count - 1] : null;
    }

    private static void Save(StateWriter writer, GuestProgram program)
    {
        writer.WriteInt32(program.Pid);
        writer.WriteUInt64(program.StartTime);
        writer.WriteUInt64(program.Space.Value);
        StateText.Write(writer, program.Name);
        StateText.Write(writer, program.Path);
        writer.WriteBool(program.WasThere);
        writer.WriteInt32(program.Areas.Count);
        foreach (CodeArea area in program.Areas)
        {
            writer.WriteUInt64(area.Start.Value);
            writer.WriteUInt64(area.End.Value);
            writer.WriteUInt64(area.FileOffset);
            writer.WriteInt32(area.Module);
        }
    }

    private void LoadProgram(StateReader reader)
    {
        (int pid, ulong start, GuestPhysical space) = (reader.ReadInt32(), reader.ReadUInt64(), new GuestPhysical(reader.ReadUInt64()));
        GuestProgram program = Begin(pid, start, space, StateText.Read(reader), StateText.Read(reader), reader.ReadBool());
        for (int left = reader.ReadIndex(int.MaxValue); left > 0; left--)
        {
            GuestVirtual from = new(reader.ReadUInt64());
            GuestVirtual to = new(reader.ReadUInt64());
            program.Add(new CodeArea(from, to, reader.ReadUInt64(), reader.ReadIndex(_modules.Count)));
        }
    }
}
