using System.Runtime.CompilerServices;
using Guest.Machine.X86.Decode;
using Iced.Intel;

namespace Guest.Machine.X86.Semantics;

/// <summary>SHLD and SHRD (Intel SDM 2B); 16-bit counts above 16, OF of counts above 1 and AF as docs/defined-results.md says.</summary>
internal static class DoubleShifts
{
    internal static InstructionRow[] Rows() =>
    [
        ByImm<W16, Left>(Code.Shld_rm16_r16_imm8),
        ByImm<W32, Left>(Code.Shld_rm32_r32_imm8),
        ByImm<W64, Left>(Code.Shld_rm64_r64_imm8),
        ByCl<W16, Left>(Code.Shld_rm16_r16_CL),
        ByCl<W32, Left>(Code.Shld_rm32_r32_CL),
        ByCl<W64, Left>(Code.Shld_rm64_r64_CL),
        ByImm<W16, Right>(Code.Shrd_rm16_r16_imm8),
        ByImm<W32, Right>(Code.Shrd_rm32_r32_imm8),
        ByImm<W64, Right>(Code.Shrd_rm64_r64_imm8),
        ByCl<W16, Right>(Code.Shrd_rm16_r16_CL),
        ByCl<W32, Right>(Code.Shrd_rm32_r32_CL),
        ByCl<W64, Right>(Code.Shrd_rm64_r64_CL),
    ];

    private interface IDirection
    {
        static abstract ulong Apply<T>(ref CpuState s, ulong a, ulong b, int count)
            where T : struct, IWidth;
    }

    private static InstructionRow ByImm<T, TDirection>(Code code)
        where T : struct, IWidth
        where TDirection : struct, IDirection => new(code, RegisterByImm<T, TDirection>, MemoryByImm<T, TDirection>, ResultKind.Defined);

    private static InstructionRow ByCl<T, TDirection>(Code code)
        where T : struct, IWidth
        where TDirection : struct, IDirection => new(code, RegisterByCl<T, TDirection>, MemoryByCl<T, TDirection>, ResultKind.Defined);

    private static void RegisterByImm<T, TDirection>(Vcpu cpu, ref Op op)
        where T : struct, IWidth
        where TDirection : struct, IDirection => Register<T, TDirection>(cpu, ref op, op.Imm);

    private static void RegisterByCl<T, TDirection>(Vcpu cpu, ref Op op)
        where T : struct, IWidth
        where TDirection : struct, IDirection => Register<T, TDirection>(cpu, ref op, cpu.State.Rcx);

    private static void MemoryByImm<T, TDirection>(Vcpu cpu, ref Op op)
        where T : struct, IWidth
        where TDirection : struct, IDirection => Memory<T, TDirection>(cpu, ref op, op.Imm);

    private static void MemoryByCl<T, TDirection>(Vcpu cpu, ref Op op)
        where T : struct, IWidth
        where TDirection : struct, IDirection => Memory<T, TDirection>(cpu, ref op, cpu.State.Rcx);

    private static void Register<T, TDirection>(Vcpu cpu, ref Op op, ulong count)
        where T : struct, IWidth
        where TDirection : struct, IDirection
    {
        ref CpuState s = ref cpu.State;
        T.Set(ref s, op.Reg0, Apply<T, TDirection>(ref s, ref op, T.Get(ref s, op.Reg0), count));
    }

    private static void Memory<T, TDirection>(Vcpu cpu, ref Op op, ulong count)
        where T : struct, IWidth
        where TDirection : struct, IDirection
    {
        ulong address = cpu.Address(ref op);
        ulong a = T.LoadForWrite(cpu, address);
        T.Store(cpu, address, Apply<T, TDirection>(ref cpu.State, ref op, a, count));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Apply<T, TDirection>(ref CpuState s, ref Op op, ulong a, ulong count)
        where T : struct, IWidth
        where TDirection : struct, IDirection
    {
        int masked = (int)count & (T.Bits == 64 ? 63 : 31);
        return masked == 0 ? a : TDirection.Apply<T>(ref s, a, T.Get(ref s, op.Reg1), masked);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool Top<T>(ulong value)
        where T : struct, IWidth => ((value >> (T.Bits - 1)) & 1) != 0;

    // 16 bits: the operand, the register and the operand again are shifted as one value, which gives counts above 16 their result.
    private readonly struct Left : IDirection
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Apply<T>(ref CpuState s, ulong a, ulong b, int count)
            where T : struct, IWidth
        {
            ulong triple = (a << 32) | (b << 16) | a;
            ulong r = T.Bits == 16 ? triple << count >> 32 : (a << count) | (b >> (T.Bits - count));
            bool carry = T.Bits == 16 ? ((triple >> (48 - count)) & 1) != 0 : Top<T>(a << (count - 1));
            Flags.Result<T>(ref s, r, carry, carry != Top<T>(r));
            return r;
        }
    }

    private readonly struct Right : IDirection
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Apply<T>(ref CpuState s, ulong a, ulong b, int count)
            where T : struct, IWidth
        {
            ulong triple = (a << 32) | (b << 16) | a;
            ulong before = T.Bits == 16 ? triple >> (count - 1) : a >> (count - 1);
            ulong r = T.Bits == 16 ? before >> 1 : (before >> 1) | (b << (T.Bits - count));
            Flags.Result<T>(ref s, r, (before & 1) != 0, Top<T>(r) != Top<T>(r << 1));
            return r;
        }
    }
}
