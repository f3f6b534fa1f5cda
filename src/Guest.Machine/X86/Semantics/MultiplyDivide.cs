using System.Runtime.CompilerServices;
using Guest.Machine.X86.Decode;
using Iced.Intel;

namespace Guest.Machine.X86.Semantics;

/// <summary>MUL, IMUL, DIV, IDIV (Intel SDM 2A and 2B); the flags the manual leaves open are in docs/defined-results.md.</summary>
internal static class MultiplyDivide
{
    private const byte Rax = 0;
    private const byte Rdx = 2 * 8;
    private const byte Ah = 1;

    internal static InstructionRow[] Rows() =>
    [
        Rm<W8, Multiply>(Code.Mul_rm8),
        Rm<W16, Multiply>(Code.Mul_rm16),
        Rm<W32, Multiply>(Code.Mul_rm32),
        Rm<W64, Multiply>(Code.Mul_rm64),
        Rm<W8, SignedMultiply>(Code.Imul_rm8),
        Rm<W16, SignedMultiply>(Code.Imul_rm16),
        Rm<W32, SignedMultiply>(Code.Imul_rm32),
        Rm<W64, SignedMultiply>(Code.Imul_rm64),
        Rm<W8, Divide>(Code.Div_rm8),
        Rm<W16, Divide>(Code.Div_rm16),
        Rm<W32, Divide>(Code.Div_rm32),
        Rm<W64, Divide>(Code.Div_rm64),
        Rm<W8, SignedDivide>(Code.Idiv_rm8),
        Rm<W16, SignedDivide>(Code.Idiv_rm16),
        Rm<W32, SignedDivide>(Code.Idiv_rm32),
        Rm<W64, SignedDivide>(Code.Idiv_rm64),
        RRm<W16>(Code.Imul_r16_rm16),
        RRm<W32>(Code.Imul_r32_rm32),
        RRm<W64>(Code.Imul_r64_rm64),
        RRmImm<W16>(Code.Imul_r16_rm16_imm16),
        RRmImm<W32>(Code.Imul_r32_rm32_imm32),
        RRmImm<W64>(Code.Imul_r64_rm64_imm32),
        RRmImm<W16>(Code.Imul_r16_rm16_imm8),
        RRmImm<W32>(Code.Imul_r32_rm32_imm8),
        RRmImm<W64>(Code.Imul_r64_rm64_imm8),
    ];

    private interface IAccumulatorOperation
    {
        static abstract void Apply<T>(Vcpu cpu, ulong source)
            where T : struct, IWidth;
    }

    private static InstructionRow Rm<T, TOperation>(Code code)
        where T : struct, IWidth
        where TOperation : struct, IAccumulatorOperation => new(code, Register<T, TOperation>, Memory<T, TOperation>, ResultKind.Defined);

    private static InstructionRow RRm<T>(Code code)
        where T : struct, IWidth => new(code, RegisterRegister<T>, RegisterMemory<T>, ResultKind.Defined);

    private static InstructionRow RRmImm<T>(Code code)
        where T : struct, IWidth => new(code, RegisterRegisterImmediate<T>, RegisterMemoryImmediate<T>, ResultKind.Defined);

    private static void Register<T, TOperation>(Vcpu cpu, ref Op op)
        where T : struct, IWidth
        where TOperation : struct, IAccumulatorOperation => TOperation.Apply<T>(cpu, T.Get(ref cpu.State, op.Reg0));

    private static void Memory<T, TOperation>(Vcpu cpu, ref Op op)
        where T : struct, IWidth
        where TOperation : struct, IAccumulatorOperation => TOperation.Apply<T>(cpu, T.Load(cpu, cpu.Address(ref op)));

    private static void RegisterRegister<T>(Vcpu cpu, ref Op op)
        where T : struct, IWidth
    {
        ref CpuState s = ref cpu.State;
        T.Set(ref s, op.Reg0, Product<T>(ref s, T.Get(ref s, op.Reg0), T.Get(ref s, op.Reg1)));
    }

    private static void RegisterMemory<T>(Vcpu cpu, ref Op op)
        where T : struct, IWidth
    {
        ulong b = T.Load(cpu, cpu.Address(ref op));
        ref CpuState s = ref cpu.State;
        T.Set(ref s, op.Reg0, Product<T>(ref s, T.Get(ref s, op.Reg0), b));
    }

    private static void RegisterRegisterImmediate<T>(Vcpu cpu, ref Op op)
        where T : struct, IWidth
    {
        ref CpuState s = ref cpu.State;
        T.Set(ref s, op.Reg0, Product<T>(ref s, T.Get(ref s, op.Reg1), op.Imm));
    }

    private static void RegisterMemoryImmediate<T>(Vcpu cpu, ref Op op)
        where T : struct, IWidth
    {
        ulong a = T.Load(cpu, cpu.Address(ref op));
        ref CpuState s = ref cpu.State;
        T.Set(ref s, op.Reg0, Product<T>(ref s, a, op.Imm));
    }

    // The low half of a signed product; CF and OF say that it does not hold the whole of it.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Product<T>(ref CpuState s, ulong a, ulong b)
        where T : struct, IWidth
    {
        long low = (long)T.SignExtend(a) * (long)T.SignExtend(b);
        bool lost = T.Bits == 64
            ? Math.BigMul((long)a, (long)b, out long low64) != low64 >> 63
            : (ulong)low != T.SignExtend((ulong)low);
        Flags.Result<T>(ref s, (ulong)low, lost, lost);
        return (ulong)low;
    }

    private static void SetHalves<T>(ref CpuState s, ulong high, ulong low)
        where T : struct, IWidth
    {
        T.Set(ref s, Rax, low);
        T.Set(ref s, T.Bits == 8 ? Ah : Rdx, high);
    }

    private readonly struct Multiply : IAccumulatorOperation
    {
        public static void Apply<T>(Vcpu cpu, ulong source)
            where T : struct, IWidth
        {
            ref CpuState s = ref cpu.State;
            ulong high = Math.BigMul(T.Get(ref s, Rax), source, out ulong low);
            high = T.Bits == 64 ? high : (low >> (T.Bits & 63)) & T.Mask;
            SetHalves<T>(ref s, high, low);
            Flags.Result<T>(ref s, low, high != 0, high != 0);
        }
    }

    private readonly struct SignedMultiply : IAccumulatorOperation
    {
        public static void Apply<T>(Vcpu cpu, ulong source)
            where T : struct, IWidth
        {
            ref CpuState s = ref cpu.State;
            ulong a = T.Get(ref s, Rax);
            ulong low = (ulong)((long)T.SignExtend(a) * (long)T.SignExtend(source));
            ulong high = T.Bits == 64 ? (ulong)Math.BigMul((long)a, (long)source, out long _) : low >> (T.Bits & 63);
            SetHalves<T>(ref s, high, low);
            bool lost = T.SignExtend(high) != (ulong)((long)T.SignExtend(low) >> 63);
            Flags.Result<T>(ref s, low, lost, lost);
        }
    }

    private readonly struct Divide : IAccumulatorOperation
    {
        public static void Apply<T>(Vcpu cpu, ulong source)
            where T : struct, IWidth
        {
            ref CpuState s = ref cpu.State;
            ulong high = T.Get(ref s, T.Bits == 8 ? Ah : Rdx);
            ulong low = T.Get(ref s, Rax);

            // The quotient fits exactly where the upper half is below the divisor (which is then not zero).
            if (high >= source)
            {
                cpu.Raise(Vector.DE);
            }

            if (T.Bits < 64 || high == 0)
            {
                ulong dividend = T.Bits < 64 ? (high << (T.Bits & 63)) | low : low;
                (ulong quotient, ulong remainder) = Math.DivRem(dividend, source);
                SetHalves<T>(ref s, remainder, quotient);
                return;
            }

            (UInt128 wide, UInt128 rest) = UInt128.DivRem(new UInt128(high, low), source);
            SetHalves<T>(ref s, (ulong)rest, (ulong)wide);
        }
    }

    private readonly struct SignedDivide : IAccumulatorOperation
    {
        public static void Apply<T>(Vcpu cpu, ulong source)
            where T : struct, IWidth
        {
            ref CpuState s = ref cpu.State;
            ulong high = T.Get(ref s, T.Bits == 8 ? Ah : Rdx);
            ulong low = T.Get(ref s, Rax);
            if (source == 0)
            {
                cpu.Raise(Vector.DE);
            }

            if (T.Bits < 64)
            {
                long dividend = T.Bits == 32 ? (long)((high << 32) | low) : (int)T.SignExtend(high) << (T.Bits & 31) | (int)low;
                long divisor = (long)T.SignExtend(source);

                // The one quotient that does not even fit 64 bits; the host's division would trap.
                if (dividend == long.MinValue && divisor == -1)
                {
                    cpu.Raise(Vector.DE);
                }

                (long quotient, long remainder) = Math.DivRem(dividend, divisor);
                if ((ulong)quotient != T.SignExtend((ulong)quotient))
                {
                    cpu.Raise(Vector.DE);
                }

                SetHalves<T>(ref s, (ulong)remainder, (ulong)quotient);
                return;
            }

            Divide128(cpu, ref s, high, low, (long)source);
        }

        private static void Divide128(Vcpu cpu, ref CpuState s, ulong high, ulong low, long divisor)
        {
            var dividend = new Int128(high, low);
            bool negative = (long)high < 0;
            UInt128 magnitude = negative ? (UInt128)(-dividend) : (UInt128)dividend;
            ulong divisorMagnitude = divisor < 0 ? 0 - (ulong)divisor : (ulong)divisor;
            (UInt128 quotient, UInt128 remainder) = UInt128.DivRem(magnitude, divisorMagnitude);
            bool opposite = negative != divisor < 0;
            if (quotient > (opposite ? 1UL << 63 : long.MaxValue))
            {
                cpu.Raise(Vector.DE);
            }

            ulong result = (ulong)quotient;
            ulong rest = (ulong)remainder;
            SetHalves<W64>(ref s, negative ? 0 - rest : rest, opposite ? 0 - result : result);
        }
    }
}
