using System.Runtime.Intrinsics.X86;
using Guest.Machine.X86.Decode;
using Iced.Intel;

namespace Guest.Machine.X86.Semantics;

/// <summary>The VEX-encoded instructions of BMI1 and BMI2 (Intel SDM 2A to 2D); AF and PF as docs/defined-results.md says.</summary>
internal static class Bmi
{
    private const byte Rdx = 2 * 8;

    internal static InstructionRow[] Rows() =>
    [
        SecondThird<W32, AndNot>(Code.VEX_Andn_r32_r32_rm32, ResultKind.Defined),
        SecondThird<W64, AndNot>(Code.VEX_Andn_r64_r64_rm64, ResultKind.Defined),
        ThirdSecond<W32, Extract>(Code.VEX_Bextr_r32_rm32_r32, ResultKind.Defined),
        ThirdSecond<W64, Extract>(Code.VEX_Bextr_r64_rm64_r64, ResultKind.Defined),
        ThirdSecond<W32, IsolateLowest>(Code.VEX_Blsi_r32_rm32, ResultKind.Defined),
        ThirdSecond<W64, IsolateLowest>(Code.VEX_Blsi_r64_rm64, ResultKind.Defined),
        ThirdSecond<W32, MaskToLowest>(Code.VEX_Blsmsk_r32_rm32, ResultKind.Defined),
        ThirdSecond<W64, MaskToLowest>(Code.VEX_Blsmsk_r64_rm64, ResultKind.Defined),
        ThirdSecond<W32, ResetLowest>(Code.VEX_Blsr_r32_rm32, ResultKind.Defined),
        ThirdSecond<W64, ResetLowest>(Code.VEX_Blsr_r64_rm64, ResultKind.Defined),
        ThirdSecond<W32, ZeroHigh>(Code.VEX_Bzhi_r32_rm32_r32, ResultKind.Defined),
        ThirdSecond<W64, ZeroHigh>(Code.VEX_Bzhi_r64_rm64_r64, ResultKind.Defined),
        SecondThird<W32, Deposit>(Code.VEX_Pdep_r32_r32_rm32),
        SecondThird<W64, Deposit>(Code.VEX_Pdep_r64_r64_rm64),
        SecondThird<W32, Gather>(Code.VEX_Pext_r32_r32_rm32),
        SecondThird<W64, Gather>(Code.VEX_Pext_r64_r64_rm64),
        ThirdSecond<W32, RotateRight>(Code.VEX_Rorx_r32_rm32_imm8),
        ThirdSecond<W64, RotateRight>(Code.VEX_Rorx_r64_rm64_imm8),
        ThirdSecond<W32, ShiftArithmeticRight>(Code.VEX_Sarx_r32_rm32_r32),
        ThirdSecond<W64, ShiftArithmeticRight>(Code.VEX_Sarx_r64_rm64_r64),
        ThirdSecond<W32, ShiftLeft>(Code.VEX_Shlx_r32_rm32_r32),
        ThirdSecond<W64, ShiftLeft>(Code.VEX_Shlx_r64_rm64_r64),
        ThirdSecond<W32, ShiftRight>(Code.VEX_Shrx_r32_rm32_r32),
        ThirdSecond<W64, ShiftRight>(Code.VEX_Shrx_r64_rm64_r64),
        new(Code.VEX_Mulx_r32_r32_rm32, MultiplyRegister<W32>, MultiplyMemory<W32>, Prepare: NoteMode),
        new(Code.VEX_Mulx_r64_r64_rm64, MultiplyRegister<W64>, MultiplyMemory<W64>, Prepare: NoteMode),
    ];

    private interface IOperation
    {
        // The operand that may be memory comes first; the other one (a register or the immediate) second.
        static abstract ulong Apply<T>(ref CpuState s, ulong rm, ulong other)
            where T : struct, IWidth;
    }

    // r, r, rm.
    private static InstructionRow SecondThird<T, TOperation>(Code code, ResultKind result = ResultKind.Host)
        where T : struct, IWidth
        where TOperation : struct, IOperation => new(code, ThirdIsRegister<T, TOperation>, ThirdIsMemory<T, TOperation>, result, NoteMode);

    // r, rm, and a register, an immediate or nothing.
    private static InstructionRow ThirdSecond<T, TOperation>(Code code, ResultKind result = ResultKind.Host)
        where T : struct, IWidth
        where TOperation : struct, IOperation => new(code, SecondIsRegister<T, TOperation>, SecondIsMemory<T, TOperation>, result, NoteOther);

    // VEX does not exist in real and virtual-8086 mode: code that is not 64-bit has to look.
    private static void NoteMode(in Instruction instruction, ref Op op) => op.Extra = instruction.CodeSize == CodeSize.Code64 ? 0UL : 1;

    // Where there is no third register operand, the register that is always zero stands in, so that the sum below is the operand.
    private static void NoteOther(in Instruction instruction, ref Op op)
    {
        NoteMode(instruction, ref op);
        if (instruction.OpCount < 3 || instruction.GetOpKind(2) != OpKind.Register)
        {
            op.Reg2 = CpuState.ZeroOffset;
        }
    }

    private static void Check(Vcpu cpu, ref Op op)
    {
        if (op.Extra != 0 && (!cpu.InProtectedMode || cpu.InVirtual8086))
        {
            cpu.Raise(Vector.UD);
        }
    }

    private static void ThirdIsRegister<T, TOperation>(Vcpu cpu, ref Op op)
        where T : struct, IWidth
        where TOperation : struct, IOperation
    {
        Check(cpu, ref op);
        ref CpuState s = ref cpu.State;
        T.Set(ref s, op.Reg0, TOperation.Apply<T>(ref s, T.Get(ref s, op.Reg2), T.Get(ref s, op.Reg1)));
    }

    private static void ThirdIsMemory<T, TOperation>(Vcpu cpu, ref Op op)
        where T : struct, IWidth
        where TOperation : struct, IOperation
    {
        Check(cpu, ref op);
        ulong rm = T.Load(cpu, cpu.Address(ref op));
        ref CpuState s = ref cpu.State;
        T.Set(ref s, op.Reg0, TOperation.Apply<T>(ref s, rm, T.Get(ref s, op.Reg1)));
    }

    private static void SecondIsRegister<T, TOperation>(Vcpu cpu, ref Op op)
        where T : struct, IWidth
        where TOperation : struct, IOperation
    {
        Check(cpu, ref op);
        ref CpuState s = ref cpu.State;
        T.Set(ref s, op.Reg0, TOperation.Apply<T>(ref s, T.Get(ref s, op.Reg1), T.Get(ref s, op.Reg2) + op.Imm));
    }

    private static void SecondIsMemory<T, TOperation>(Vcpu cpu, ref Op op)
        where T : struct, IWidth
        where TOperation : struct, IOperation
    {
        Check(cpu, ref op);
        ulong rm = T.Load(cpu, cpu.Address(ref op));
        ref CpuState s = ref cpu.State;
        T.Set(ref s, op.Reg0, TOperation.Apply<T>(ref s, rm, T.Get(ref s, op.Reg2) + op.Imm));
    }

    private static void MultiplyRegister<T>(Vcpu cpu, ref Op op)
        where T : struct, IWidth
    {
        Check(cpu, ref op);
        Multiply<T>(cpu, ref op, T.Get(ref cpu.State, op.Reg2));
    }

    private static void MultiplyMemory<T>(Vcpu cpu, ref Op op)
        where T : struct, IWidth
    {
        Check(cpu, ref op);
        Multiply<T>(cpu, ref op, T.Load(cpu, cpu.Address(ref op)));
    }

    // Where both destinations are one register it gets the upper half.
    private static void Multiply<T>(Vcpu cpu, ref Op op, ulong source)
        where T : struct, IWidth
    {
        ref CpuState s = ref cpu.State;
        ulong high = Math.BigMul(T.Get(ref s, Rdx), source, out ulong low);
        T.Set(ref s, op.Reg1, low);
        T.Set(ref s, op.Reg0, T.Bits == 64 ? high : low >> 32);
    }

    private readonly struct AndNot : IOperation
    {
        public static ulong Apply<T>(ref CpuState s, ulong rm, ulong other)
            where T : struct, IWidth
        {
            ulong r = rm & ~other;
            Flags.Logic<T>(ref s, r);
            return r;
        }
    }

    private readonly struct Extract : IOperation
    {
        public static ulong Apply<T>(ref CpuState s, ulong rm, ulong other)
            where T : struct, IWidth
        {
            int start = (byte)other;
            int length = (byte)(other >> 8);
            ulong shifted = start < 64 ? rm >> start : 0;
            ulong r = length < 64 ? shifted & ((1UL << length) - 1) : shifted;
            Flags.Logic<T>(ref s, r);
            return r;
        }
    }

    private readonly struct IsolateLowest : IOperation
    {
        public static ulong Apply<T>(ref CpuState s, ulong rm, ulong other)
            where T : struct, IWidth
        {
            ulong r = rm & (0 - rm);
            Flags.Result<T>(ref s, r, rm != 0, false);
            return r;
        }
    }

    private readonly struct MaskToLowest : IOperation
    {
        public static ulong Apply<T>(ref CpuState s, ulong rm, ulong other)
            where T : struct, IWidth
        {
            ulong r = rm ^ (rm - 1);
            Flags.Result<T>(ref s, r, rm == 0, false);
            return r;
        }
    }

    private readonly struct ResetLowest : IOperation
    {
        public static ulong Apply<T>(ref CpuState s, ulong rm, ulong other)
            where T : struct, IWidth
        {
            ulong r = rm & (rm - 1);
            Flags.Result<T>(ref s, r, rm == 0, false);
            return r;
        }
    }

    private readonly struct ZeroHigh : IOperation
    {
        public static ulong Apply<T>(ref CpuState s, ulong rm, ulong other)
            where T : struct, IWidth
        {
            int index = (byte)other;
            ulong r = index < T.Bits ? rm & ((1UL << index) - 1) : rm;
            Flags.Result<T>(ref s, r, index >= T.Bits, false);
            return r;
        }
    }

    private readonly struct Deposit : IOperation
    {
        public static ulong Apply<T>(ref CpuState s, ulong rm, ulong other)
            where T : struct, IWidth
        {
            if (Bmi2.X64.IsSupported)
            {
                return Bmi2.X64.ParallelBitDeposit(other, rm);
            }

            ulong r = 0;
            for (; rm != 0; rm &= rm - 1, other >>= 1)
            {
                r |= (other & 1) != 0 ? rm & (0 - rm) : 0;
            }

            return r;
        }
    }

    private readonly struct Gather : IOperation
    {
        public static ulong Apply<T>(ref CpuState s, ulong rm, ulong other)
            where T : struct, IWidth
        {
            if (Bmi2.X64.IsSupported)
            {
                return Bmi2.X64.ParallelBitExtract(other, rm);
            }

            ulong r = 0;
            for (int at = 0; rm != 0; rm &= rm - 1, at++)
            {
                r |= (other & rm & (0 - rm)) != 0 ? 1UL << at : 0;
            }

            return r;
        }
    }

    private readonly struct RotateRight : IOperation
    {
        public static ulong Apply<T>(ref CpuState s, ulong rm, ulong other)
            where T : struct, IWidth
        {
            int count = (int)other & (T.Bits - 1);
            return count == 0 ? rm : (rm >> count) | (rm << (T.Bits - count));
        }
    }

    private readonly struct ShiftArithmeticRight : IOperation
    {
        public static ulong Apply<T>(ref CpuState s, ulong rm, ulong other)
            where T : struct, IWidth => (ulong)((long)T.SignExtend(rm) >> ((int)other & (T.Bits - 1)));
    }

    private readonly struct ShiftLeft : IOperation
    {
        public static ulong Apply<T>(ref CpuState s, ulong rm, ulong other)
            where T : struct, IWidth => rm << ((int)other & (T.Bits - 1));
    }

    private readonly struct ShiftRight : IOperation
    {
        public static ulong Apply<T>(ref CpuState s, ulong rm, ulong other)
            where T : struct, IWidth => rm >> ((int)other & (T.Bits - 1));
    }
}
