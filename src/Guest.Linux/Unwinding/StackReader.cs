using Guest.Linux.AddressSpaces;
using Guest.Linux.Elf;
using Guest.Linux.Memory;
using Guest.Linux.Tasks;
using Guest.Linux.Types;
using Guest.Machine;
using Guest.Machine.X86;

namespace Guest.Linux.Unwinding;

/// <summary>Finds the callers of a stopped guest's threads: in the kernel by its own tables (ORC), from there into the program by the registers that it saved, and there by the call frame information in the process's memory.</summary>
/// <remarks>
/// Where nothing is known of a function the stack ends, and says so; only where RBP leads to a place that is behind a call, the frame pointer is followed, which
/// <see cref="StackFrameSource.FramePointer"/> tells. It answers for the machine as it stands.
/// </remarks>
/// <param name="kernel">The kernel.</param>
public sealed class StackReader(LinuxKernel kernel)
{
    private const int MostFrames = 1024, WordBytes = 8;
    private readonly KernelFrames _kernelFrames = new(kernel);
    private readonly Dictionary<ulong, CallFrameTable?> _tables = [];
    private AddressSpace? _space;

    /// <summary>The stack of what a vCPU runs.</summary>
    /// <exception cref="ReplayKitException">RK0602 to RK0604: the kernel is unlike those that are known.</exception>
    public CallStack Of(Vcpu vcpu) => Follow(FrameRegisters.Of(vcpu.State), isExact: true, kernel.Tasks.Current(vcpu));

    /// <summary>The stack of a thread that no vCPU runs.</summary>
    /// <exception cref="ReplayKitException">RK0602 to RK0604, as for <see cref="Of(Vcpu)"/>.</exception>
    public CallStack Of(GuestTask task)
    {
        // __switch_to_asm() has left struct inactive_task_frame there.
        ulong? stack = kernel.Memory.TryRead(task.Address.Value, kernel.Types.Field("task_struct", "thread.sp"), out ulong sp) ? sp : null;
        KernelField returnAddress = kernel.Types.Field("inactive_task_frame", "ret_addr"), framePointer = kernel.Types.Field("inactive_task_frame", "bp");
        if (stack is not { } at || !kernel.Memory.TryRead(at, returnAddress, out ulong ip) || !kernel.Memory.TryRead(at, framePointer, out ulong bp))
        {
            return new CallStack([], false, "where the thread left off cannot be read");
        }

        FrameRegisters registers = new()
        {
            [FrameRegisters.Rip] = ip,
            [FrameRegisters.Rsp] = unchecked(at + (ulong)returnAddress.Offset + WordBytes),
            [FrameRegisters.Rbp] = bp,
        };

        // One that has not run yet begins with a function, and does not return to it.
        bool isNew = kernel.SymbolAt(new GuestVirtual(ip)) is { } symbol && symbol.Address.Value == ip;
        return Follow(registers, isNew, task);
    }

    /// <summary>The stack of a thread's program alone, from where it goes on in user mode.</summary>
    public CallStack OfProgram(GuestTask task) => kernel.UserRegisters.Of(task) is { } user
        ? Follow(FrameRegisters.Of(user), isExact: true, task)
        : new CallStack([], false, "the thread has no registers of user mode");

    private CallStack Follow(FrameRegisters registers, bool isExact, GuestTask? task)
    {
        List<StackFrame> frames = [];
        _tables.Clear();
        _space = task is null ? null : kernel.AddressSpaces.Of(task);
        StackFrameSource source = StackFrameSource.Registers;
        for (FrameRegisters now = registers; ;)
        {
            ulong pc = now[FrameRegisters.Rip].GetValueOrDefault();
            frames.Add(new StackFrame(new GuestVirtual(pc), isExact, source));
            if (frames.Count == MostFrames)
            {
                return new CallStack(frames, false, $"more than {MostFrames} frames");
            }

            FrameRegisters? caller = (long)pc < 0 ? KernelCaller(now, ref isExact, ref source, out string? end) : UserCaller(now, ref isExact, ref source, out end);
            if (caller is null)
            {
                return new CallStack(frames, end is null, end ?? "the first function");
            }

            // A stack that does not go up would never end; the kernel has several, and a handler's may be another one.
            if (source is StackFrameSource.CallFrames or StackFrameSource.FramePointer && !isExact && caller[FrameRegisters.Rsp] <= now[FrameRegisters.Rsp])
            {
                return new CallStack(frames, false, $"the caller of 0x{pc:x} would be below it");
            }

            if (IsNoCode(caller[FrameRegisters.Rip].GetValueOrDefault()))
            {
                return new CallStack(frames, false, $"the caller of 0x{pc:x} would be at 0x{caller[FrameRegisters.Rip].GetValueOrDefault():x}, which is no code");
            }

            now = caller;
        }
    }

    private bool IsNoCode(ulong pc) => (long)pc >= 0 && _space?.AreaAt(new GuestVirtual(pc))?.Rights.HasFlag(AreaRights.Execute) != true;

    private FrameRegisters? KernelCaller(FrameRegisters now, ref bool isExact, ref StackFrameSource source, out string? end)
    {
        FrameRegisters? caller = _kernelFrames.CallerOf(now, isExact, out OrcFrame frame);
        end = caller is not null ? null : EndOf(now[FrameRegisters.Rip].GetValueOrDefault(), isExact);
        isExact = frame is OrcFrame.Registers or OrcFrame.Interrupt;
        source = isExact ? StackFrameSource.Saved : StackFrameSource.Orc;
        return caller;
    }

    // Null where it is the first function of a thread.
    private string? EndOf(ulong pc, bool isExact)
    {
        string name = kernel.SymbolAt(new GuestVirtual(isExact ? pc : pc - 1))?.Name ?? string.Empty;
        return name.StartsWith("ret_from_fork", StringComparison.Ordinal) || name.StartsWith("secondary_startup_64", StringComparison.Ordinal) ? null
            : $"the kernel's tables do not say who called 0x{pc:x}{(name.Length > 0 ? $" ({name})" : string.Empty)}";
    }

    private FrameRegisters? UserCaller(FrameRegisters now, ref bool isExact, ref StackFrameSource source, out string? end)
    {
        ulong pc = now[FrameRegisters.Rip].GetValueOrDefault();
        end = null;
        if (_space is not { } space)
        {
            end = "the thread has no memory of its own";
            return null;
        }

        ulong inside = isExact ? pc : pc - 1;
        if (TableAt(space, inside)?.Find(inside) is { } entry && FrameRules.At(entry, inside) is { } rules)
        {
            FrameRegisters? caller = rules.CallerOf(now, space);
            end = caller is null ? $"the stack at 0x{now[FrameRegisters.Rsp].GetValueOrDefault():x} cannot be read" : null;
            (isExact, source) = (entry.IsSignal, StackFrameSource.CallFrames);
            return caller?[FrameRegisters.Rip] is null or 0 ? null : caller;
        }

        (isExact, source) = (false, StackFrameSource.FramePointer);
        if (ByFramePointer(space, now) is { } guessed)
        {
            return guessed;
        }

        end = $"nothing says who called 0x{pc:x}";
        return null;
    }

    private CallFrameTable? TableAt(AddressSpace space, ulong pc)
    {
        if (space.AreaAt(new GuestVirtual(pc)) is not { } area || FirstOf(space, area) is not { } first)
        {
            return null;
        }

        if (!_tables.TryGetValue(first.Start.Value, out CallFrameTable? table))
        {
            _tables.Add(first.Start.Value, table = CallFrameTable.Of(space, first.Start, () => first.File is { } file ? ElfFile.Read(file) : null));
        }

        return table;
    }

    // Where the file's beginning is mapped that an area is of; the kernel's own page of code ([vdso]) is whole.
    private static MappedArea? FirstOf(AddressSpace space, MappedArea area) => area.File is not { } file
        ? area.Name == "[vdso]" ? area : null
        : space.Areas().Items.LastOrDefault(each => each.FileOffset == 0 && each.Start.Value <= area.Start.Value && each.File?.Identity == file.Identity);

    private static FrameRegisters? ByFramePointer(AddressSpace space, FrameRegisters now) =>
        now[FrameRegisters.Rbp] is { } bp && bp % WordBytes == 0 && now[FrameRegisters.Rsp] <= bp && space.TryRead(new GuestVirtual(bp + WordBytes), out ulong ip)
        && space.TryRead(new GuestVirtual(bp), out ulong before) && IsBehindCall(space, ip)
            ? new FrameRegisters { [FrameRegisters.Rip] = ip, [FrameRegisters.Rsp] = bp + (2 * WordBytes), [FrameRegisters.Rbp] = before }
            : null;

    // E8 and four bytes, or FF /2 with an operand of one to six.
    private static bool IsBehindCall(AddressSpace space, ulong pc)
    {
        const int Most = 7;
        byte[] bytes = new byte[Most];
        if (space.AreaAt(new GuestVirtual(pc)) is not { } area || !area.Rights.HasFlag(AreaRights.Execute) || !space.TryRead(new GuestVirtual(pc - Most), bytes))
        {
            return false;
        }

        bool isCall = bytes[Most - 5] == 0xE8;
        for (int length = 2; length <= Most; length++)
        {
            isCall |= bytes[Most - length] == 0xFF && (bytes[Most - length + 1] & 0x38) == 0x10;
        }

        return isCall;
    }
}
