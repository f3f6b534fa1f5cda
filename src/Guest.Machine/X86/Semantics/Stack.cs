using Guest.Machine.X86.Decode;
using Iced.Intel;

namespace Guest.Machine.X86.Semantics;

/// <summary>PUSH, POP, PUSHA, POPA, ENTER, LEAVE (Intel SDM 2A and 2B); segment registers stand with the system instructions.</summary>
internal static class Stack
{
    private const byte Rsp = 4 * 8;
    private const byte Rbp = 5 * 8;

    internal static InstructionRow[] Rows() =>
    [
        new(Code.Push_r16, PushRegister<W16>),
        new(Code.Push_r32, PushRegister<W32>),
        new(Code.Push_r64, PushRegister<W64>),
        new(Code.Push_rm16, PushRegister<W16>, PushMemory<W16>),
        new(Code.Push_rm32, PushRegister<W32>, PushMemory<W32>),
        new(Code.Push_rm64, PushRegister<W64>, PushMemory<W64>),
        new(Code.Push_imm16, PushImmediate<W16>),
        new(Code.Pushd_imm32, PushImmediate<W32>),
        new(Code.Pushq_imm32, PushImmediate<W64>),
        new(Code.Pushw_imm8, PushImmediate<W16>),
        new(Code.Pushd_imm8, PushImmediate<W32>),
        new(Code.Pushq_imm8, PushImmediate<W64>),
        new(Code.Pop_r16, PopRegister<W16>),
        new(Code.Pop_r32, PopRegister<W32>),
        new(Code.Pop_r64, PopRegister<W64>),
        new(Code.Pop_rm16, PopRegister<W16>, PopMemory<W16>),
        new(Code.Pop_rm32, PopRegister<W32>, PopMemory<W32>),
        new(Code.Pop_rm64, PopRegister<W64>, PopMemory<W64>),
        new(Code.Pushaw, PushAll<W16>),
        new(Code.Pushad, PushAll<W32>),
        new(Code.Popaw, PopAll<W16>),
        new(Code.Popad, PopAll<W32>),
        new(Code.Enterw_imm16_imm8, Enter<W16>),
        new(Code.Enterd_imm16_imm8, Enter<W32>),
        new(Code.Enterq_imm16_imm8, Enter<W64>),
        new(Code.Leavew, Leave<W16>),
        new(Code.Leaved, Leave<W32>),
        new(Code.Leaveq, Leave<W64>),
    ];

    private static void PushRegister<T>(Vcpu cpu, ref Op op)
        where T : struct, IWidth => StackAccess.Push<T>(cpu, T.Get(ref cpu.State, op.Reg0));

    private static void PushMemory<T>(Vcpu cpu, ref Op op)
        where T : struct, IWidth => StackAccess.Push<T>(cpu, T.Load(cpu, cpu.Address(ref op)));

    private static void PushImmediate<T>(Vcpu cpu, ref Op op)
        where T : struct, IWidth => StackAccess.Push<T>(cpu, op.Imm);

    // The register is written after the pointer has moved: POP RSP ends with the popped value.
    private static void PopRegister<T>(Vcpu cpu, ref Op op)
        where T : struct, IWidth
    {
        ulong value = StackAccess.Peek<T>(cpu);
        StackAccess.Release(cpu, (ulong)T.Bytes);
        T.Set(ref cpu.State, op.Reg0, value);
    }

    // The address of an operand based on the stack pointer is computed after the pop has moved it.
    private static void PopMemory<T>(Vcpu cpu, ref Op op)
        where T : struct, IWidth
    {
        ulong value = StackAccess.Peek<T>(cpu);
        ref CpuState s = ref cpu.State;
        ulong before = s.Rsp;
        StackAccess.Release(cpu, (ulong)T.Bytes);
        try
        {
            T.Store(cpu, cpu.Address(ref op), value);
        }
        catch (GuestFaultException)
        {
            s.Rsp = before;
            throw;
        }
    }

    private static void PushAll<T>(Vcpu cpu, ref Op op)
        where T : struct, IWidth
    {
        ref CpuState s = ref cpu.State;
        ulong pointer = s.Rsp;
        for (int register = 0; register < 8; register++)
        {
            pointer -= (ulong)T.Bytes;
            StackAccess.Write<T>(cpu, pointer, T.Get(ref s, (byte)(8 * register)));
        }

        StackAccess.SetPointer(cpu, pointer);
    }

    private static void PopAll<T>(Vcpu cpu, ref Op op)
        where T : struct, IWidth
    {
        ref CpuState s = ref cpu.State;
        Span<ulong> values = stackalloc ulong[8];
        for (int i = 0; i < 8; i++)
        {
            values[i] = StackAccess.Read<T>(cpu, s.Rsp + (ulong)(i * T.Bytes));
        }

        StackAccess.Release(cpu, 8 * (ulong)T.Bytes);
        for (int register = 0; register < 8; register++)
        {
            if (register * 8 != Rsp)
            {
                T.Set(ref s, (byte)(8 * register), values[7 - register]);
            }
        }
    }

    private static void Enter<T>(Vcpu cpu, ref Op op)
        where T : struct, IWidth
    {
        ref CpuState s = ref cpu.State;
        int level = (int)(op.Extra & 31);
        ulong pointer = s.Rsp - (ulong)T.Bytes;
        StackAccess.Write<T>(cpu, pointer, s.Rbp);
        ulong frame = pointer;
        ulong outer = s.Rbp;
        for (int i = 1; i < level; i++)
        {
            outer -= (ulong)T.Bytes;
            pointer -= (ulong)T.Bytes;
            StackAccess.Write<T>(cpu, pointer, StackAccess.Read<T>(cpu, outer));
        }

        if (level > 0)
        {
            pointer -= (ulong)T.Bytes;
            StackAccess.Write<T>(cpu, pointer, frame);
        }

        pointer -= op.Imm;
        StackAccess.ProbeWrite<T>(cpu, pointer);
        StackAccess.SetPointer(cpu, pointer);
        T.Set(ref s, Rbp, frame);
    }

    private static void Leave<T>(Vcpu cpu, ref Op op)
        where T : struct, IWidth
    {
        ref CpuState s = ref cpu.State;
        ulong value = T.Bits == 64 ? cpu.Load<ulong>(s.Rbp) : StackAccess.Read<T>(cpu, s.Rbp);
        StackAccess.SetPointer(cpu, s.Rbp + (ulong)T.Bytes);
        T.Set(ref s, Rbp, value);
    }
}
