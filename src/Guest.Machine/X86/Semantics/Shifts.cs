using System.Runtime.CompilerServices;
using Guest.Machine.X86.Decode;
using Iced.Intel;

namespace Guest.Machine.X86.Semantics;

/// <summary>ROL, ROR, RCL, RCR, SHL, SHR, SAR (Intel SDM 2B); OF of counts above 1 and AF as docs/defined-results.md says.</summary>
internal static class Shifts
{
    internal static InstructionRow[] Rows() =>
    [
        By1<W8, Rol>(Code.Rol_rm8_1),
        By1<W16, Rol>(Code.Rol_rm16_1),
        By1<W32, Rol>(Code.Rol_rm32_1),
        By1<W64, Rol>(Code.Rol_rm64_1),
        ByImm<W8, Rol>(Code.Rol_rm8_imm8),
        ByImm<W16, Rol>(Code.Rol_rm16_imm8),
        ByImm<W32, Rol>(Code.Rol_rm32_imm8),
        ByImm<W64, Rol>(Code.Rol_rm64_imm8),
        ByCl<W8, Rol>(Code.Rol_rm8_CL),
        ByCl<W16, Rol>(Code.Rol_rm16_CL),
        ByCl<W32, Rol>(Code.Rol_rm32_CL),
        ByCl<W64, Rol>(Code.Rol_rm64_CL),
        By1<W8, Ror>(Code.Ror_rm8_1),
        By1<W16, Ror>(Code.Ror_rm16_1),
        By1<W32, Ror>(Code.Ror_rm32_1),
        By1<W64, Ror>(Code.Ror_rm64_1),
        ByImm<W8, Ror>(Code.Ror_rm8_imm8),
        ByImm<W16, Ror>(Code.Ror_rm16_imm8),
        ByImm<W32, Ror>(Code.Ror_rm32_imm8),
        ByImm<W64, Ror>(Code.Ror_rm64_imm8),
        ByCl<W8, Ror>(Code.Ror_rm8_CL),
        ByCl<W16, Ror>(Code.Ror_rm16_CL),
        ByCl<W32, Ror>(Code.Ror_rm32_CL),
        ByCl<W64, Ror>(Code.Ror_rm64_CL),
        By1<W8, Rcl>(Code.Rcl_rm8_1),
        By1<W16, Rcl>(Code.Rcl_rm16_1),
        By1<W32, Rcl>(Code.Rcl_rm32_1),
        By1<W64, Rcl>(Code.Rcl_rm64_1),
        ByImm<W8, Rcl>(Code.Rcl_rm8_imm8),
        ByImm<W16, Rcl>(Code.Rcl_rm16_imm8),
        ByImm<W32, Rcl>(Code.Rcl_rm32_imm8),
        ByImm<W64, Rcl>(Code.Rcl_rm64_imm8),
        ByCl<W8, Rcl>(Code.Rcl_rm8_CL),
        ByCl<W16, Rcl>(Code.Rcl_rm16_CL),
        ByCl<W32, Rcl>(Code.Rcl_rm32_CL),
        ByCl<W64, Rcl>(Code.Rcl_rm64_CL),
        By1<W8, Rcr>(Code.Rcr_rm8_1),
        By1<W16, Rcr>(Code.Rcr_rm16_1),
        By1<W32, Rcr>(Code.Rcr_rm32_1),
        By1<W64, Rcr>(Code.Rcr_rm64_1),
        ByImm<W8, Rcr>(Code.Rcr_rm8_imm8),
        ByImm<W16, Rcr>(Code.Rcr_rm16_imm8),
        ByImm<W32, Rcr>(Code.Rcr_rm32_imm8),
        ByImm<W64, Rcr>(Code.Rcr_rm64_imm8),
        ByCl<W8, Rcr>(Code.Rcr_rm8_CL),
        ByCl<W16, Rcr>(Code.Rcr_rm16_CL),
        ByCl<W32, Rcr>(Code.Rcr_rm32_CL),
        ByCl<W64, Rcr>(Code.Rcr_rm64_CL),
        By1<W8, Shl>(Code.Shl_rm8_1),
        By1<W16, Shl>(Code.Shl_rm16_1),
        By1<W32, Shl>(Code.Shl_rm32_1),
        By1<W64, Shl>(Code.Shl_rm64_1),
        ByImm<W8, Shl>(Code.Shl_rm8_imm8),
        ByImm<W16, Shl>(Code.Shl_rm16_imm8),
        ByImm<W32, Shl>(Code.Shl_rm32_imm8),
        ByImm<W64, Shl>(Code.Shl_rm64_imm8),
        ByCl<W8, Shl>(Code.Shl_rm8_CL),
        ByCl<W16, Shl>(Code.Shl_rm16_CL),
        ByCl<W32, Shl>(Code.Shl_rm32_CL),
        ByCl<W64, Shl>(Code.Shl_rm64_CL),
        By1<W8, Shr>(Code.Shr_rm8_1),
        By1<W16, Shr>(Code.Shr_rm16_1),
        By1<W32, Shr>(Code.Shr_rm32_1),
        By1<W64, Shr>(Code.Shr_rm64_1),
        ByImm<W8, Shr>(Code.Shr_rm8_imm8),
        ByImm<W16, Shr>(Code.Shr_rm16_imm8),
        ByImm<W32, Shr>(Code.Shr_rm32_imm8),
        ByImm<W64, Shr>(Code.Shr_rm64_imm8),
        ByCl<W8, Shr>(Code.Shr_rm8_CL),
        ByCl<W16, Shr>(Code.Shr_rm16_CL),
        ByCl<W32, Shr>(Code.Shr_rm32_CL),
        ByCl<W64, Shr>(Code.Shr_rm64_CL),
        By1<W8, Shl>(Code.Sal_rm8_1),
        By1<W16, Shl>(Code.Sal_rm16_1),
        By1<W32, Shl>(Code.Sal_rm32_1),
        By1<W64, Shl>(Code.Sal_rm64_1),
        ByImm<W8, Shl>(Code.Sal_rm8_imm8),
        ByImm<W16, Shl>(Code.Sal_rm16_imm8),
        ByImm<W32, Shl>(Code.Sal_rm32_imm8),
        ByImm<W64, Shl>(Code.Sal_rm64_imm8),
        ByCl<W8, Shl>(Code.Sal_rm8_CL),
        ByCl<W16, Shl>(Code.Sal_rm16_CL),
        ByCl<W32, Shl>(Code.Sal_rm32_CL),
        ByCl<W64, Shl>(Code.Sal_rm64_CL),
        By1<W8, Sar>(Code.Sar_rm8_1),
        By1<W16, Sar>(Code.Sar_rm16_1),
        By1<W32, Sar>(Code.Sar_rm32_1),
        By1<W64, Sar>(Code.Sar_rm64_1),
        ByImm<W8, Sar>(Code.Sar_rm8_imm8),
        ByImm<W16, Sar>(Code.Sar_rm16_imm8),
        ByImm<W32, Sar>(Code.Sar_rm32_imm8),
        ByImm<W64, Sar>(Code.Sar_rm64_imm8),
        ByCl<W8, Sar>(Code.Sar_rm8_CL),
        ByCl<W16, Sar>(Code.Sar_rm16_CL),
        ByCl<W32, Sar>(Code.Sar_rm32_CL),
        ByCl<W64, Sar>(Code.Sar_rm64_CL),
    ];

    private static InstructionRow By1<T, TOperation>(Code code)
        where T : struct, IWidth
        where TOperation : struct, IShiftOperation => new(code, RegisterBy1<T, TOperation>, MemoryBy1<T, TOperation>);

    private static InstructionRow ByImm<T, TOperation>(Code code)
        where T : struct, IWidth
        where TOperation : struct, IShiftOperation => new(code, RegisterByImm<T, TOperation>, MemoryByImm<T, TOperation>, ResultKind.Defined);

    private static InstructionRow ByCl<T, TOperation>(Code code)
        where T : struct, IWidth
        where TOperation : struct, IShiftOperation => new(code, RegisterByCl<T, TOperation>, MemoryByCl<T, TOperation>, ResultKind.Defined);

    private static void RegisterBy1<T, TOperation>(Vcpu cpu, ref Op op)
        where T : struct, IWidth
        where TOperation : struct, IShiftOperation => Register<T, TOperation>(cpu, ref op, 1);

    private static void RegisterByImm<T, TOperation>(Vcpu cpu, ref Op op)
        where T : struct, IWidth
        where TOperation : struct, IShiftOperation => Register<T, TOperation>(cpu, ref op, Masked<T>(op.Imm));

    private static void RegisterByCl<T, TOperation>(Vcpu cpu, ref Op op)
        where T : struct, IWidth
        where TOperation : struct, IShiftOperation => Register<T, TOperation>(cpu, ref op, Masked<T>(cpu.State.Rcx));

    private static void MemoryBy1<T, TOperation>(Vcpu cpu, ref Op op)
        where T : struct, IWidth
        where TOperation : struct, IShiftOperation => Memory<T, TOperation>(cpu, ref op, 1);

    private static void MemoryByImm<T, TOperation>(Vcpu cpu, ref Op op)
        where T : struct, IWidth
        where TOperation : struct, IShiftOperation => Memory<T, TOperation>(cpu, ref op, Masked<T>(op.Imm));

    private static void MemoryByCl<T, TOperation>(Vcpu cpu, ref Op op)
        where T : struct, IWidth
        where TOperation : struct, IShiftOperation => Memory<T, TOperation>(cpu, ref op, Masked<T>(cpu.State.Rcx));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Masked<T>(ulong count)
        where T : struct, IWidth => (int)count & (T.Bits == 64 ? 63 : 31);

    // With a count of zero the register is written all the same: a 32-bit one loses its upper half.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Register<T, TOperation>(Vcpu cpu, ref Op op, int count)
        where T : struct, IWidth
        where TOperation : struct, IShiftOperation
    {
        ref CpuState s = ref cpu.State;
        T.Set(ref s, op.Reg0, TOperation.Apply<T>(ref s, T.Get(ref s, op.Reg0), count));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Memory<T, TOperation>(Vcpu cpu, ref Op op, int count)
        where T : struct, IWidth
        where TOperation : struct, IShiftOperation
    {
        ulong address = cpu.Address(ref op);
        ulong a = T.LoadForWrite(cpu, address);
        T.Store(cpu, address, TOperation.Apply<T>(ref cpu.State, a, count));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool Top<T>(ulong value)
        where T : struct, IWidth => ((value >> (T.Bits - 1)) & 1) != 0;

    private readonly struct Rol : IShiftOperation
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Apply<T>(ref CpuState s, ulong a, int count)
            where T : struct, IWidth
        {
            int turn = count & (T.Bits - 1);
            ulong r = turn == 0 ? a : (a << turn) | (a >> (T.Bits - turn));
            if (count != 0)
            {
                bool carry = (r & 1) != 0;
                Flags.SetCarryOverflow(ref s, carry, carry != Top<T>(r));
            }

            return r;
        }
    }

    private readonly struct Ror : IShiftOperation
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Apply<T>(ref CpuState s, ulong a, int count)
            where T : struct, IWidth
        {
            int turn = count & (T.Bits - 1);
            ulong r = turn == 0 ? a : (a >> turn) | (a << (T.Bits - turn));
            if (count != 0)
            {
                Flags.SetCarryOverflow(ref s, Top<T>(r), Top<T>(r) != Top<T>(r << 1));
            }

            return r;
        }
    }

    private readonly struct Rcl : IShiftOperation
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Apply<T>(ref CpuState s, ulong a, int count)
            where T : struct, IWidth
        {
            int turn = count % (T.Bits + 1);
            if (turn == 0)
            {
                return a;
            }

            // The operand and CF above it turn as one value. Masked counts of 64-bit operands stay below the width.
            ulong r = (a << turn) | (Flags.Carry(ref s) << (turn - 1)) | (a >> (T.Bits - turn) >> 1);
            bool last = ((a >> (T.Bits - turn)) & 1) != 0;
            Flags.SetCarryOverflow(ref s, last, last != Top<T>(r));
            return r;
        }
    }

    private readonly struct Rcr : IShiftOperation
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Apply<T>(ref CpuState s, ulong a, int count)
            where T : struct, IWidth
        {
            int turn = count % (T.Bits + 1);
            if (turn == 0)
            {
                return a;
            }

            ulong r = (a >> turn) | (Flags.Carry(ref s) << (T.Bits - turn)) | (a << (T.Bits - turn) << 1);
            Flags.SetCarryOverflow(ref s, ((a >> (turn - 1)) & 1) != 0, Top<T>(r) != Top<T>(r << 1));
            return r;
        }
    }

    private readonly struct Shl : IShiftOperation
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Apply<T>(ref CpuState s, ulong a, int count)
            where T : struct, IWidth
        {
            if (count == 0)
            {
                return a;
            }

            ulong r = a << count;
            bool carry = Top<T>(a << (count - 1));
            Flags.Result<T>(ref s, r, carry, carry != Top<T>(r));
            return r;
        }
    }

    private readonly struct Shr : IShiftOperation
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Apply<T>(ref CpuState s, ulong a, int count)
            where T : struct, IWidth
        {
            if (count == 0)
            {
                return a;
            }

            ulong before = a >> (count - 1);
            ulong r = before >> 1;
            Flags.Result<T>(ref s, r, (before & 1) != 0, Top<T>(before));
            return r;
        }
    }

    private readonly struct Sar : IShiftOperation
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Apply<T>(ref CpuState s, ulong a, int count)
            where T : struct, IWidth
        {
            if (count == 0)
            {
                return a;
            }

            long before = (long)T.SignExtend(a) >> (count - 1);
            ulong r = (ulong)(before >> 1);
            Flags.Result<T>(ref s, r, (before & 1) != 0, false);
            return r;
        }
    }
}
