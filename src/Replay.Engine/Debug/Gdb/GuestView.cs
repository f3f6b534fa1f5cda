using Guest.Linux;
using Guest.Linux.Tasks;
using Guest.Machine;
using Guest.Machine.Board;

namespace Replay.Engine.Debug.Gdb;

/// <summary>The stopped guest's memory and names, as a debugger asks for them.</summary>
/// <param name="machine">The machine.</param>
internal sealed class GuestView(VirtualMachine machine)
{
    private const int PageBytes = 0x1000;
    private readonly LinuxGuest _guest = new(machine.Memory);

    /// <summary>The guest's kernel, once it runs; null before, and where it is no Linux.</summary>
    internal LinuxKernel? Kernel => _guest.Look(machine.Cpu);

    /// <summary>Reads linear memory as the vCPU sees it now; for addresses of processes also what the next access would bring.</summary>
    /// <returns>Bytes that could be read, from the first on.</returns>
    internal int Read(ulong address, Span<byte> bytes)
    {
        int done = 0;
        while (done < bytes.Length)
        {
            ulong at = unchecked(address + (ulong)done);
            int part = Math.Min(bytes.Length - done, PageBytes - (int)(at & (PageBytes - 1)));
            if (!TryReadInPage(at, bytes.Slice(done, part)))
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

    /// <summary>What the vCPU runs; null where that is not known.</summary>
    internal GuestTask? CurrentTask()
    {
        try
        {
            return Kernel?.Tasks.Current(machine.Cpu);
        }
        catch (ReplayKitException)
        {
            // A kernel whose structures are not known has no names.
            return null;
        }
    }

    /// <summary>The same in words; empty where it is not known.</summary>
    internal string CurrentTaskName() => CurrentTask() is { } task ? $"{Printable(task.Name)}/{task.Tid}" : "";

    /// <summary>A name of the guest's without characters that would steer a terminal.</summary>
    internal static string Printable(string text) => string.Concat(text.Select(each => char.IsControl(each) ? '?' : each));

    private bool TryReadInPage(ulong address, Span<byte> bytes) => machine.Cpu.TryTranslate(new GuestVirtual(address), out GuestPhysical physical)
        ? TryReadPhysical(physical.Value, bytes)
        : (long)address >= 0 && TryReadUntouched(new GuestVirtual(address), bytes);

    private bool TryReadUntouched(GuestVirtual address, Span<byte> bytes)
    {
        try
        {
            return Kernel is { } kernel && kernel.Tasks.Current(machine.Cpu) is { AddressSpace: not null } task
                && kernel.AddressSpaces.Of(task) is { } memory && memory.TryRead(address, bytes);
        }
        catch (ReplayKitException)
        {
            // A kernel whose structures are not known: only what is mapped can be read.
            return false;
        }
    }
}
