using Guest.Linux;
using Guest.Linux.AddressSpaces;
using Guest.Linux.Files;
using Guest.Linux.Memory;
using Guest.Linux.Modules;
using Guest.Linux.Symbols;
using Guest.Linux.Tasks;
using Guest.Linux.Types;
using Guest.Machine;
using Guest.Machine.X86;

namespace Replay.Engine.Observe.Programs;

/// <summary>Follows the guest's programs: where its kernel forks, executes, maps and unmaps, as perf does (<c>kernel/events/core.c</c>).</summary>
internal sealed class ProgramWatch(GuestPrograms table, ObservedGuest guest)
{
    // By mm_struct, as long as that is alive.
    private readonly Dictionary<ulong, GuestProgram> _alive = [];
    private bool _hasLooked;

    internal void Subscribe(IInstrumentation on)
    {
        LookAround(guest.Machine.Cpu);
        on.SpaceChanged((in occurred) => LookAround(occurred.Vcpu));
        on.KernelFunction("wake_up_new_task", Forked);
        on.KernelFunction("perf_event_mmap", Mapped);
        on.KernelFunction("exit_mmap", Ended);
        on.KernelFunction("do_init_module", ModuleLoaded);
        on.Ended(Complete);
    }

    // What is there already, once there is a kernel.
    private void LookAround(Vcpu vcpu)
    {
        if (_hasLooked || guest.Look(vcpu) is not { } kernel)
        {
            return;
        }

        _hasLooked = true;
        table.Add(new KernelCode(KernelCode.KernelName, kernel.Symbols.AddressOf("_text"), kernel.Symbols.AddressOf("_end")));
        foreach (GuestTask task in kernel.Tasks.Processes().Items)
        {
            Begin(kernel, task, wasThere: true);
        }

        foreach (KernelModule module in kernel.Modules.All().Items)
        {
            Learn(kernel, module);
        }
    }

    // void wake_up_new_task(struct task_struct *p)
    private void Forked(in TransferEvent occurred)
    {
        if (guest.Look(occurred.Vcpu) is { } kernel && kernel.Tasks.Read(new GuestVirtual(occurred.Vcpu.State.Rdi)) is { AddressSpace: { } mm } task
            && kernel.Tasks.Current(occurred.Vcpu)?.AddressSpace != mm)
        {
            Begin(kernel, task, wasThere: false);
        }
    }

    // void perf_event_mmap(struct vm_area_struct *vma): after exec, the first one of a new mm_struct begins a program.
    private void Mapped(in TransferEvent occurred)
    {
        GuestVirtual area = new(occurred.Vcpu.State.Rdi);
        if (guest.Look(occurred.Vcpu) is not { } kernel
            || !KernelPath.Of(kernel.Types, "vm_area_struct.vm_mm").TryRead(kernel.Memory, area, out ulong mm)
            || !KernelPath.Of(kernel.Types, "vm_area_struct.vm_start").TryRead(kernel.Memory, area, out ulong start))
        {
            return;
        }

        if (!_alive.TryGetValue(mm, out GuestProgram? program))
        {
            if (kernel.Tasks.Current(occurred.Vcpu) is { } task && task.AddressSpace?.Value == mm)
            {
                Begin(kernel, task, wasThere: false);
            }
        }
        else if (kernel.AddressSpaces.At(new GuestVirtual(mm))?.AreaAt(new GuestVirtual(start)) is { } mapped)
        {
            Add(program, mapped);
        }
    }

    // void exit_mmap(struct mm_struct *mm): the address space's number stays this program's until another one has it.
    private void Ended(in TransferEvent occurred) => _alive.Remove(occurred.Vcpu.State.Rdi);

    // int do_init_module(struct module *mod): before its first instruction runs. Its symbols go when its initialisation is done.
    private void ModuleLoaded(in TransferEvent occurred)
    {
        ulong address = occurred.Vcpu.State.Rdi;
        if (guest.Look(occurred.Vcpu) is { } kernel && kernel.Modules.All().Items.FirstOrDefault(module => module.Address.Value == address) is { } loaded)
        {
            Learn(kernel, loaded);
        }
    }

    private void Complete(ObservedGuest ended)
    {
        if (ended.Look(ended.Machine.Cpu) is not { } kernel)
        {
            return;
        }

        foreach (CodeModule module in table.Modules)
        {
            if (module.File is { } file && kernel.Files.IsStillThere(file))
            {
                module.Read();
            }
            else
            {
                module.File = null;
            }
        }
    }

    private void Begin(LinuxKernel kernel, GuestTask task, bool wasThere)
    {
        if (task.AddressSpace is not { } mm || kernel.AddressSpaces.At(mm) is not { } space || (wasThere && _alive.ContainsKey(mm.Value)))
        {
            return;
        }

        GuestFile? file = KernelPath.Of(kernel.Types, "mm_struct.exe_file").TryRead(kernel.Memory, mm, out ulong at) && at != 0 ? kernel.Files.Read(new GuestVirtual(at)) : null;
        GuestProgram program = table.Begin(task.Pid, StartOf(kernel, task), space.TopTable, task.Name, file?.Path ?? string.Empty, wasThere);
        _alive[mm.Value] = program;
        foreach (MappedArea area in space.Areas().Items)
        {
            Add(program, area);
        }
    }

    private static ulong StartOf(LinuxKernel kernel, GuestTask task) =>
        !task.IsLeader && KernelPath.Of(kernel.Types, "task_struct.group_leader").TryRead(kernel.Memory, task.Address, out ulong leader)
            ? kernel.Tasks.Read(new GuestVirtual(leader))?.StartTime ?? task.StartTime
            : task.StartTime;

    private void Add(GuestProgram program, MappedArea area)
    {
        if (area.Rights.HasFlag(AreaRights.Execute))
        {
            string path = area.File is null && !area.Name.StartsWith('[') ? CodeModule.NoFile : area.Name;
            program.Add(new CodeArea(area.Start, area.End, area.FileOffset, table.ModuleOf(path, area.File).Number));
        }
    }

    private void Learn(LinuxKernel kernel, KernelModule module)
    {
        foreach (ModulePart part in module.Parts)
        {
            table.Add(new KernelCode($"[{module.Name}]", part.Start, new GuestVirtual(part.Start.Value + part.Length)));
        }

        KernelSymbol[] functions = [.. kernel.Modules.All(module).Where(symbol => symbol.Type is 't' or 'T' or 'w' or 'W')];
        for (int i = 0; i < functions.Length; i++)
        {
            ulong start = functions[i].Address.Value;
            ulong end = i + 1 < functions.Length ? functions[i + 1].Address.Value : start + functions[i].Size;
            table.Add(new KernelFunction(functions[i].Address, new GuestVirtual(functions[i].Size > 0 ? Math.Min(start + functions[i].Size, Math.Max(end, start + 1)) : end), functions[i].Name));
        }
    }
}
