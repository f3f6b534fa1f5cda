using Guest.Machine.X86.Decode;
using Iced.Intel;

namespace Guest.Machine.X86.Semantics;

/// <summary>XCHG, XADD, CMPXCHG, CMPXCHG8B, CMPXCHG16B (Intel SDM 2A and 2D); with one vCPU LOCK adds nothing.</summary>
internal static class Exchange
{
    private const byte Rax = 0;

    internal static InstructionRow[] Rows() =>
    [
        new(Code.Xchg_rm8_r8, SwapRegisters<W8>, SwapMemory<W8>),
        new(Code.Xchg_rm16_r16, SwapRegisters<W16>, SwapMemory<W16>),
        new(Code.Xchg_rm32_r32, SwapRegisters<W32>, SwapMemory<W32>),
        new(Code.Xchg_rm64_r64, SwapRegisters<W64>, SwapMemory<W64>),
        new(Code.Xchg_r16_AX, SwapRegisters<W16>),
        new(Code.Xchg_r32_EAX, SwapRegisters<W32>),
        new(Code.Xchg_r64_RAX, SwapRegisters<W64>),
        new(Code.Xadd_rm8_r8, AddRegisters<W8>, AddMemory<W8>),
        new(Code.Xadd_rm16_r16, AddRegisters<W16>, AddMemory<W16>),
        new(Code.Xadd_rm32_r32, AddRegisters<W32>, AddMemory<W32>),
        new(Code.Xadd_rm64_r64, AddRegisters<W64>, AddMemory<W64>),
        new(Code.Cmpxchg_rm8_r8, CompareRegisters<W8>, CompareMemory<W8>),
        new(Code.Cmpxchg_rm16_r16, CompareRegisters<W16>, CompareMemory<W16>),
        new(Code.Cmpxchg_rm32_r32, CompareRegisters<W32>, CompareMemory<W32>),
        new(Code.Cmpxchg_rm64_r64, CompareRegisters<W64>, CompareMemory<W64>),
        new(Code.Cmpxchg8b_m64, null, Compare8),
        new(Code.Cmpxchg16b_m128, null, Compare16),
    ];

    private static void SwapRegisters<T>(Vcpu cpu, ref Op op)
        where T : struct, IWidth
    {
        ref CpuState s = ref cpu.State;
        ulong first = T.Get(ref s, op.Reg0);
        T.Set(ref s, op.Reg0, T.Get(ref s, op.Reg1));
        T.Set(ref s, op.Reg1, first);
    }

    private static void SwapMemory<T>(Vcpu cpu, ref Op op)
        where T : struct, IWidth
    {
        ulong address = cpu.Address(ref op);
        ulong value = T.LoadForWrite(cpu, address);
        ref CpuState s = ref cpu.State;
        T.Store(cpu, address, T.Get(ref s, op.Reg1));
        T.Set(ref s, op.Reg1, value);
    }

    // The sum is written last: with one register as both operands it is what remains.
    private static void AddRegisters<T>(Vcpu cpu, ref Op op)
        where T : struct, IWidth
    {
        ref CpuState s = ref cpu.State;
        ulong a = T.Get(ref s, op.Reg0);
        ulong b = T.Get(ref s, op.Reg1);
        Flags.Add<T>(ref s, a, b, a + b);
        T.Set(ref s, op.Reg1, a);
        T.Set(ref s, op.Reg0, a + b);
    }

    private static void AddMemory<T>(Vcpu cpu, ref Op op)
        where T : struct, IWidth
    {
        ulong address = cpu.Address(ref op);
        ulong a = T.LoadForWrite(cpu, address);
        ref CpuState s = ref cpu.State;
        ulong b = T.Get(ref s, op.Reg1);
        Flags.Add<T>(ref s, a, b, a + b);
        T.Store(cpu, address, a + b);
        T.Set(ref s, op.Reg1, a);
    }

    private static void CompareRegisters<T>(Vcpu cpu, ref Op op)
        where T : struct, IWidth
    {
        ref CpuState s = ref cpu.State;
        ulong expected = T.Get(ref s, Rax);
        ulong found = T.Get(ref s, op.Reg0);
        Flags.Sub<T>(ref s, expected, found, expected - found);

        // Only one register is written: the other one keeps its upper half.
        if (expected == found)
        {
            T.Set(ref s, op.Reg0, T.Get(ref s, op.Reg1));
        }
        else
        {
            T.Set(ref s, Rax, found);
        }
    }

    // Memory is written in both cases, so an unequal comparison faults and dirties like a store.
    private static void CompareMemory<T>(Vcpu cpu, ref Op op)
        where T : struct, IWidth
    {
        ulong address = cpu.Address(ref op);
        ulong found = T.LoadForWrite(cpu, address);
        ref CpuState s = ref cpu.State;
        ulong expected = T.Get(ref s, Rax);
        T.Store(cpu, address, expected == found ? T.Get(ref s, op.Reg1) : found);
        Flags.Sub<T>(ref s, expected, found, expected - found);
        if (expected != found)
        {
            T.Set(ref s, Rax, found);
        }
    }

    private static void Compare8(Vcpu cpu, ref Op op)
    {
        ulong address = cpu.Address(ref op);
        ulong found = W64.LoadForWrite(cpu, address);
        ref CpuState s = ref cpu.State;
        bool equal = found == ((s.Rdx << 32) | (uint)s.Rax);
        W64.Store(cpu, address, equal ? (s.Rcx << 32) | (uint)s.Rbx : found);
        SetZero(ref s, equal);
        if (!equal)
        {
            s.Rax = (uint)found;
            s.Rdx = found >> 32;
        }
    }

    // Aligned to its size, the operand lies in one page: after the first half is loaded the second cannot fault.
    private static void Compare16(Vcpu cpu, ref Op op)
    {
        ulong address = cpu.Address(ref op);
        if ((address & 15) != 0)
        {
            cpu.RaiseGp();
        }

        ulong low = W64.LoadForWrite(cpu, address);
        ulong high = W64.LoadForWrite(cpu, address + 8);
        ref CpuState s = ref cpu.State;
        bool equal = low == s.Rax && high == s.Rdx;
        W64.Store(cpu, address, equal ? s.Rbx : low);
        W64.Store(cpu, address + 8, equal ? s.Rcx : high);
        SetZero(ref s, equal);
        if (!equal)
        {
            s.Rax = low;
            s.Rdx = high;
        }
    }

    private static void SetZero(ref CpuState s, bool zero) =>
        Flags.SetStatus(ref s, (Flags.GetStatus(ref s) & ~Flags.ZF) | (zero ? Flags.ZF : 0));
}
