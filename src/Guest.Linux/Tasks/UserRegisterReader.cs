using System.Buffers.Binary;
using Guest.Linux.Memory;
using Guest.Linux.Symbols;
using Guest.Linux.Types;
using Guest.Machine;

namespace Guest.Linux.Tasks;

/// <summary>Reads the user-mode registers of threads that do not run: the kernel's entry code has put them at the top of their kernel stacks.</summary>
/// <remarks><c>struct pt_regs</c>, whose order the entry code and ptrace rely on (arch/x86/include/asm/ptrace.h, <c>task_pt_regs()</c>).</remarks>
public sealed class UserRegisterReader
{
    private const int Words = 21, SystemCall = 15, Rip = 16, Cs = 17, RFlags = 18, Rsp = 19, Ss = 20;
    private const ushort UserCode = 0x33, UserCode32 = 0x23, UserStack = 0x2B;

    // Kernels that know FRED keep two words free above (TOP_OF_KERNEL_STACK_PADDING).
    private const int Padding = 16;

    // Where in it each stands, in the order of the encoding.
    private static readonly int[] s_general = [10, 11, 12, 5, Rsp, 4, 13, 14, 9, 8, 7, 6, 3, 2, 1, 0];
    private readonly KernelMemory _memory;
    private readonly int _stackBytes;
    private readonly KernelField _stack;
    private readonly KernelField _fsBase;
    private readonly KernelField _gsBase;

    internal UserRegisterReader(LinuxKernel kernel)
    {
        KernelTypes types = kernel.Types;
        _memory = kernel.Memory;
        _stackBytes = StackBytes(kernel.Symbols);
        _stack = types.Field("task_struct", "stack");
        _fsBase = types.Field("task_struct", "thread.fsbase");
        _gsBase = types.Field("task_struct", "thread.gsbase");
    }

    /// <summary>The registers of a thread that no vCPU runs.</summary>
    /// <returns>Null for kernel threads, and where they cannot be read.</returns>
    public UserRegisters? Of(GuestTask task)
    {
        bool read = !task.IsKernelThread && !task.IsIdle;
        ulong stack = _memory.Read(task.Address.Value, _stack, ref read);
        ulong fs = _memory.Read(task.Address.Value, _fsBase, ref read);
        ulong gs = _memory.Read(task.Address.Value, _gsBase, ref read);
        ulong top = unchecked(stack + (ulong)_stackBytes);
        return read ? At(top, fs, gs) ?? At(top - Padding, fs, gs) : null;
    }

    // The first task's stack is as large as every other's (include/asm-generic/vmlinux.lds.h), and has had two names.
    private static int StackBytes(KernelSymbols symbols) =>
        (symbols.Find("__start_init_stack") ?? symbols.Find("__start_init_task")) is { } start && (symbols.Find("__end_init_stack") ?? symbols.Find("__end_init_task")) is { } end
            ? (int)Math.Min(end.Address.Value - start.Address.Value, 1 << 20)
            : throw new ReplayKitException(604, ExitCode.BadInput, "the guest's kernel does not say how large its stacks are: it is newer or older than what this ReplayKit knows; docs/names.md lists the kernels that were tried");

    private UserRegisters? At(ulong top, ulong fs, ulong gs)
    {
        byte[] bytes = new byte[Words * 8];
        if (!_memory.TryRead(top - (ulong)bytes.Length, bytes))
        {
            return null;
        }

        ulong Word(int index) => BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(index * 8));
        ushort code = (ushort)Word(Cs);
        return code is UserCode or UserCode32 && (ushort)Word(Ss) == UserStack
            ? new UserRegisters([.. s_general.Select(Word)], Word(Rip), Word(RFlags), code, UserStack, Word(SystemCall), fs, gs)
            : null;
    }
}
