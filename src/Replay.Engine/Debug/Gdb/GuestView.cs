using Guest.Linux;
using Guest.Linux.AddressSpaces;
using Guest.Linux.Memory;
using Guest.Linux.Tasks;
using Guest.Machine;
using Guest.Machine.Board;
using Guest.Machine.X86;

namespace Replay.Engine.Debug.Gdb;

/// <summary>The stopped guest's memory and names, as a debugger asks for them.</summary>
/// <param name="machine">The machine.</param>
internal sealed class GuestView(VirtualMachine machine)
{
    private const int PageBytes = 0x1000;
    private readonly LinuxGuest _guest = new(machine.Memory);

    /// <summary>The guest's kernel, once it runs; null before, and where it is no Linux.</summary>
    internal LinuxKernel? Kernel => _guest.Look(machine.Cpu);

    /// <summary>Reads linear memory as a vCPU sees it now; for addresses of processes also what the next access would bring.</summary>
    /// <param name="address">The first byte.</param>
    /// <param name="bytes">Where they go.</param>
    /// <param name="cpu">The vCPU; null for the one in turn.</param>
    /// <param name="process">Whose memory the addresses of processes are, where it is not that of what runs.</param>
    /// <returns>Bytes that could be read, from the first on.</returns>
    internal int Read(ulong address, Span<byte> bytes, Vcpu? cpu = null, AddressSpace? process = null)
    {
        if (process is not null && (long)address >= 0)
        {
            return process.ReadUpTo(new GuestVirtual(address), bytes);
        }

        int done = 0;
        while (done < bytes.Length)
        {
            ulong at = unchecked(address + (ulong)done);
            int part = Math.Min(bytes.Length - done, PageBytes - (int)(at & (PageBytes - 1)));
            if (!TryReadInPage(cpu ?? machine.Cpu, at, bytes.Slice(done, part)))
            {
                break;
            }

            done += part;
        }

        return done;
    }

    /// <summary>Reads guest-physical memory; false where not all of it is RAM.</summary>
    internal bool TryReadPhysical(ulong address, Span<byte> bytes)
    {
        bool isRam = machine.Memory.Contains(new GuestPhysical(address), (ulong)bytes.Length);
        if (isRam)
        {
            machine.Memory.Read(new GuestPhysical(address), bytes);
        }

        return isRam;
    }

    /// <summary>An address with its symbol, where the kernel has one.</summary>
    internal string Describe(ulong address) => Kernel?.SymbolAt(new GuestVirtual(address)) is { } symbol
        ? $"0x{address:x} <{symbol.Name}+{address - symbol.Address.Value}>{(symbol.Module is { } module ? $" [{module}]" : "")}"
        : $"0x{address:x}";

    /// <summary>What a vCPU runs, or the one in turn; null where that is not known.</summary>
    internal GuestTask? CurrentTask(Vcpu? cpu = null) => Ask(kernel => kernel.Tasks.Current(cpu ?? machine.Cpu), null);

    /// <summary>Whether a vCPU runs a thread. As quick as a few reads.</summary>
    internal bool IsCurrent(GuestTask task, Vcpu cpu) => Ask(kernel => kernel.Tasks.TryFindCurrent(cpu, out GuestVirtual current) && current == task.Address, false);

    /// <summary>Where the kernel keeps what a vCPU runs; null where that is not known.</summary>
    internal GuestVirtual? CurrentTaskPlace(Vcpu cpu) => Ask<GuestVirtual?>(kernel => kernel.Tasks.TryLocateCurrent(cpu, out GuestVirtual place) ? place : null, null);

    /// <summary>The processes, each by its first thread.</summary>
    internal IReadOnlyList<GuestTask> Processes() => Ask(kernel => kernel.Tasks.Processes().Items, []);

    /// <summary>The threads of a process; none for none.</summary>
    internal IReadOnlyList<GuestTask> ThreadsOf(GuestTask? process) => process is null ? [] : Ask(kernel => kernel.Tasks.Threads(process).Items, [process]);

    /// <summary>The first thread of a thread's process; null where it has gone.</summary>
    internal GuestTask? LeaderOf(GuestTask thread) => thread.IsLeader ? thread : Processes().FirstOrDefault(task => task.Pid == thread.Pid);

    /// <summary>The registers of a thread that does not run; null where they are not known.</summary>
    internal UserRegisters? RegistersOf(GuestTask thread) => Ask(kernel => kernel.UserRegisters.Of(thread), null);

    /// <summary>The memory of a process; null where it has none.</summary>
    internal AddressSpace? MemoryOf(GuestTask process) => Ask(kernel => kernel.AddressSpaces.Of(process), null);

    /// <summary>What the kernel has told a process's program at its start; null where that is not known.</summary>
    internal byte[]? AuxiliaryVectorOf(GuestTask process) => Ask(kernel => kernel.AddressSpaces.Of(process) is { } memory ? kernel.AddressSpaces.AuxiliaryVectorOf(memory) : null, null);

    /// <summary>The same in words; empty where it is not known.</summary>
    internal string CurrentTaskName() => CurrentTask() is { } task ? $"{Printable(task.Name)}/{task.Tid}" : "";

    /// <summary>A name of the guest's without characters that would steer a terminal.</summary>
    internal static string Printable(string text) => string.Concat(text.Select(each => char.IsControl(each) ? '?' : each));

    private bool TryReadInPage(Vcpu cpu, ulong address, Span<byte> bytes) => cpu.TryTranslate(new GuestVirtual(address), out GuestPhysical physical)
        ? TryReadPhysical(physical.Value, bytes)
        : (long)address >= 0 && TryReadUntouched(cpu, new GuestVirtual(address), bytes);

    // A kernel whose structures are not known answers nothing.
    private T Ask<T>(Func<LinuxKernel, T> question, T otherwise)
    {
        try
        {
            return Kernel is { } kernel ? question(kernel) : otherwise;
        }
        catch (ReplayKitException)
        {
            return otherwise;
        }
    }

    private bool TryReadUntouched(Vcpu cpu, GuestVirtual address, Span<byte> bytes)
    {
        try
        {
            return Kernel is { } kernel && kernel.Tasks.Current(cpu) is { AddressSpace: not null } task
                && kernel.AddressSpaces.Of(task) is { } memory && memory.TryRead(address, bytes);
        }
        catch (ReplayKitException)
        {
            // A kernel whose structures are not known: only what is mapped can be read.
            return false;
        }
    }
}
