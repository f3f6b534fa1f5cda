using Guest.Linux;
using Guest.Linux.AddressSpaces;
using Guest.Linux.Memory;
using Guest.Linux.Tasks;
using Guest.Linux.Types;
using Guest.Machine;
using Guest.Machine.X86;
using Iced.Intel;
using Replay.Engine.Observe;

namespace Analysis.Plugins.SystemCalls;

/// <summary>Sees system calls begin and end, and says what the guest's memory says about them at that moment.</summary>
/// <param name="guest">The guest.</param>
/// <param name="found">Takes the events.</param>
/// <param name="most">Most bytes of a buffer that are shown.</param>
internal sealed class CallWatch(ObservedGuest guest, Action<CallEvent> found, int most)
{
    private const byte CompatGate = 0x80;
    private const ulong InCompatCall = 2; // TS_COMPAT, arch/x86/include/asm/thread_info.h
    private static readonly string[] s_registers = ["di", "si", "dx", "r10", "r8", "r9"];
    private static readonly string[] s_compatRegisters = ["bx", "cx", "dx", "si", "di", "bp"];
    private static readonly byte[] s_syscall = [0x0F, 0x05];
    private LinuxKernel? _kernel;
    private KernelPath[][] _arguments = [];
    private KernelPath? _number;
    private KernelPath? _result;
    private KernelPath? _status;
    private KernelPath? _pc;
    private KernelPath? _signal;
    private KernelPath? _signalCode;

    /// <summary>An instruction that enters or leaves the kernel has retired: where it is that of a system call, the call begins.</summary>
    internal void Entered(in TransferEvent occurred)
    {
        Vcpu vcpu = occurred.Vcpu;
        ref CpuState s = ref vcpu.State;
        if (occurred.Code == Code.Syscall)
        {
            // Which of its two entry points the kernel is at says what code the program runs.
            bool is64 = s.Rip == s.Lstar;
            Enter(occurred, is64 ? CallAbi.X64 : CallAbi.I386, is64
                ? [s.Rdi, s.Rsi, s.Rdx, s.R10, s.R8, s.R9]
                : [(uint)s.Rbx, (uint)s.Rbp, (uint)s.Rdx, (uint)s.Rsi, (uint)s.Rdi, Stacked(vcpu, (uint)s.Rsp)]);
        }
        else if (occurred.Code == Code.Sysenter)
        {
            Enter(occurred, CallAbi.I386, [(uint)s.Rbx, (uint)s.Rcx, (uint)s.Rdx, (uint)s.Rsi, (uint)s.Rdi, Stacked(vcpu, (uint)s.Rbp)]);
        }
        else if (occurred.Code == Code.Int_imm8 && IsCompatGate(occurred))
        {
            Enter(occurred, CallAbi.I386, [(uint)s.Rbx, (uint)s.Rcx, (uint)s.Rdx, (uint)s.Rsi, (uint)s.Rdi, (uint)s.Rbp]);
        }
    }

    /// <summary>The kernel goes back to the program: its result stands in the registers that it has kept.</summary>
    internal void Exiting(in TransferEvent occurred)
    {
        if (Find(occurred.Vcpu) is not { } kernel || kernel.Tasks.Current(occurred.Vcpu) is not { } task)
        {
            return;
        }

        GuestVirtual registers = new(occurred.Vcpu.State.Rdi);
        if (!_number!.TryRead(kernel.Memory, registers, out ulong number) || !_result!.TryRead(kernel.Memory, registers, out ulong value)
            || !_status!.TryRead(kernel.Memory, task.Address, out ulong status))
        {
            return;
        }

        CallAbi abi = (status & InCompatCall) != 0 ? CallAbi.I386 : CallAbi.X64;
        number = abi == CallAbi.I386 ? (uint)number : number;
        long result = abi == CallAbi.I386 ? (int)value : (long)value;
        if (IsStart(kernel, task, registers, abi, number, result))
        {
            Add(occurred, task, CallEventKind.Start, abi, number, 0, []);
            return;
        }

        ulong[] arguments = new ulong[6];
        for (int i = 0; i < arguments.Length; i++)
        {
            _ = _arguments[(int)abi][i].TryRead(kernel.Memory, registers, out arguments[i]);
            arguments[i] = abi == CallAbi.I386 ? (uint)arguments[i] : arguments[i];
        }

        Add(occurred, task, CallEventKind.Exit, abi, number, result, Texts(kernel, task, abi, number, arguments, result));
    }

    /// <summary>A signal's handler will run next.</summary>
    internal void Signaled(in TransferEvent occurred)
    {
        if (Find(occurred.Vcpu) is { } kernel && kernel.Tasks.Current(occurred.Vcpu) is { } task
            && _signal!.TryRead(kernel.Memory, new GuestVirtual(occurred.Vcpu.State.Rsi), out ulong number)
            && _signalCode!.TryRead(kernel.Memory, new GuestVirtual(occurred.Vcpu.State.Rsi), out ulong code))
        {
            Add(occurred, task, CallEventKind.Signal, CallAbi.X64, number, (int)code, []);
        }
    }

    /// <summary>A thread ends.</summary>
    internal void Ending(in TransferEvent occurred)
    {
        if (Find(occurred.Vcpu) is { } kernel && kernel.Tasks.Current(occurred.Vcpu) is { IsKernelThread: false } task)
        {
            Add(occurred, task, CallEventKind.End, CallAbi.X64, 0, (long)occurred.Vcpu.State.Rdi, []);
        }
    }

    private void Enter(in TransferEvent occurred, CallAbi abi, ulong[] arguments)
    {
        if (Find(occurred.Vcpu) is { } kernel && kernel.Tasks.Current(occurred.Vcpu) is { } task)
        {
            ulong number = abi == CallAbi.X64 ? occurred.Vcpu.State.Rax : (uint)occurred.Vcpu.State.Rax;
            Add(occurred, task, CallEventKind.Entry, abi, number, 0, Texts(kernel, task, abi, number, arguments, null));
        }
    }

    private string?[] Texts(LinuxKernel kernel, GuestTask task, CallAbi abi, ulong number, ulong[] arguments, long? result)
    {
        IReadOnlyList<ArgumentForm> forms = CallForms.Of(abi, CallNames.Of(abi, number));
        string?[] texts = new string?[forms.Count];
        ArgumentText text = new(kernel.AddressSpaces.Of(task), arguments, result, abi, most);
        for (int i = 0; i < texts.Length; i++)
        {
            if (forms[i].AtExit == result.HasValue)
            {
                text.Index = i;
                forms[i].Write(text);
                texts[i] = text.Take();
            }
        }

        return texts;
    }

    private void Add(in TransferEvent occurred, GuestTask task, CallEventKind kind, CallAbi abi, ulong number, long value, string?[] arguments)
    {
        ulong time = GuestTime.NanosecondsOf(guest.Machine);
        found(new CallEvent(kind, task.Address.Value, task.Pid, task.Tid, task.Name, occurred.Order, time, abi, number, value, arguments));
    }

    private LinuxKernel? Find(Vcpu vcpu)
    {
        LinuxKernel? kernel = guest.Look(vcpu);
        if (kernel is not null && kernel != _kernel)
        {
            _kernel = kernel;
            KernelTypes types = kernel.Types;
            _arguments = [Paths(types, s_registers), Paths(types, s_compatRegisters)];
            _number = KernelPath.Of(types, "pt_regs.orig_ax");
            _result = KernelPath.Of(types, "pt_regs.ax");
            _status = KernelPath.Of(types, "task_struct.thread_info.status");
            _pc = KernelPath.Of(types, "pt_regs.ip");
            _signal = KernelPath.Of(types, "ksignal.sig");
            _signalCode = KernelPath.Of(types, "ksignal.info.si_code");
        }

        return kernel;
    }

    private static KernelPath[] Paths(KernelTypes types, string[] registers) => [.. registers.Select(register => KernelPath.Of(types, $"pt_regs.{register}"))];

    // A child comes out of the call that has made it with 0; the first program of all, and those that the kernel starts itself, come out of no call.
    private bool IsStart(LinuxKernel kernel, GuestTask task, GuestVirtual registers, CallAbi abi, ulong number, long result)
    {
        if (result != 0 || number != 0 || abi != CallAbi.X64)
        {
            return result == 0 && CallNames.Of(abi, number) is "fork" or "vfork" or "clone" or "clone3";
        }

        byte[] before = new byte[2];
        return !_pc!.TryRead(kernel.Memory, registers, out ulong pc)
            || kernel.AddressSpaces.Of(task)?.TryRead(new GuestVirtual(pc - 2), before) != true
            || !before.AsSpan().SequenceEqual(s_syscall);
    }

    private uint Stacked(Vcpu vcpu, uint address)
    {
        byte[] word = new byte[4];
        return Memory(vcpu) is { } memory && memory.TryRead(new GuestVirtual(address), word) ? BitConverter.ToUInt32(word) : 0;
    }

    private bool IsCompatGate(in TransferEvent occurred)
    {
        byte[] number = new byte[1];
        return Memory(occurred.Vcpu) is { } memory && memory.TryRead(new GuestVirtual(occurred.Pc.Value + 1), number) && number[0] == CompatGate;
    }

    private AddressSpace? Memory(Vcpu vcpu) =>
        Find(vcpu) is { } kernel && kernel.Tasks.Current(vcpu) is { } task ? kernel.AddressSpaces.Of(task) : null;
}
