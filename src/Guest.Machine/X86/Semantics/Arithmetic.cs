using System.Runtime.CompilerServices;
using Guest.Machine.X86.Decode;
using Iced.Intel;
using static Guest.Machine.X86.Semantics.BinaryForms;
using static Guest.Machine.X86.Semantics.UnaryForms;

namespace Guest.Machine.X86.Semantics;

/// <summary>ADD, ADC, SUB, SBB, CMP, INC, DEC, NEG (Intel SDM 2A and 2B).</summary>
internal static class Arithmetic
{
    internal static InstructionRow[] Rows() =>
    [
        RmR<W8, Add>(Code.Add_rm8_r8),
        RmR<W16, Add>(Code.Add_rm16_r16),
        RmR<W32, Add>(Code.Add_rm32_r32),
        RmR<W64, Add>(Code.Add_rm64_r64),
        RRm<W8, Add>(Code.Add_r8_rm8),
        RRm<W16, Add>(Code.Add_r16_rm16),
        RRm<W32, Add>(Code.Add_r32_rm32),
        RRm<W64, Add>(Code.Add_r64_rm64),
        AccImm<W8, Add>(Code.Add_AL_imm8),
        AccImm<W16, Add>(Code.Add_AX_imm16),
        AccImm<W32, Add>(Code.Add_EAX_imm32),
        AccImm<W64, Add>(Code.Add_RAX_imm32),
        RmImm<W8, Add>(Code.Add_rm8_imm8),
        RmImm<W16, Add>(Code.Add_rm16_imm16),
        RmImm<W32, Add>(Code.Add_rm32_imm32),
        RmImm<W64, Add>(Code.Add_rm64_imm32),
        RmImm<W8, Add>(Code.Add_rm8_imm8_82),
        RmImm<W16, Add>(Code.Add_rm16_imm8),
        RmImm<W32, Add>(Code.Add_rm32_imm8),
        RmImm<W64, Add>(Code.Add_rm64_imm8),
        RmR<W8, Adc>(Code.Adc_rm8_r8),
        RmR<W16, Adc>(Code.Adc_rm16_r16),
        RmR<W32, Adc>(Code.Adc_rm32_r32),
        RmR<W64, Adc>(Code.Adc_rm64_r64),
        RRm<W8, Adc>(Code.Adc_r8_rm8),
        RRm<W16, Adc>(Code.Adc_r16_rm16),
        RRm<W32, Adc>(Code.Adc_r32_rm32),
        RRm<W64, Adc>(Code.Adc_r64_rm64),
        AccImm<W8, Adc>(Code.Adc_AL_imm8),
        AccImm<W16, Adc>(Code.Adc_AX_imm16),
        AccImm<W32, Adc>(Code.Adc_EAX_imm32),
        AccImm<W64, Adc>(Code.Adc_RAX_imm32),
        RmImm<W8, Adc>(Code.Adc_rm8_imm8),
        RmImm<W16, Adc>(Code.Adc_rm16_imm16),
        RmImm<W32, Adc>(Code.Adc_rm32_imm32),
        RmImm<W64, Adc>(Code.Adc_rm64_imm32),
        RmImm<W8, Adc>(Code.Adc_rm8_imm8_82),
        RmImm<W16, Adc>(Code.Adc_rm16_imm8),
        RmImm<W32, Adc>(Code.Adc_rm32_imm8),
        RmImm<W64, Adc>(Code.Adc_rm64_imm8),
        RmR<W8, Sub>(Code.Sub_rm8_r8),
        RmR<W16, Sub>(Code.Sub_rm16_r16),
        RmR<W32, Sub>(Code.Sub_rm32_r32),
        RmR<W64, Sub>(Code.Sub_rm64_r64),
        RRm<W8, Sub>(Code.Sub_r8_rm8),
        RRm<W16, Sub>(Code.Sub_r16_rm16),
        RRm<W32, Sub>(Code.Sub_r32_rm32),
        RRm<W64, Sub>(Code.Sub_r64_rm64),
        AccImm<W8, Sub>(Code.Sub_AL_imm8),
        AccImm<W16, Sub>(Code.Sub_AX_imm16),
        AccImm<W32, Sub>(Code.Sub_EAX_imm32),
        AccImm<W64, Sub>(Code.Sub_RAX_imm32),
        RmImm<W8, Sub>(Code.Sub_rm8_imm8),
        RmImm<W16, Sub>(Code.Sub_rm16_imm16),
        RmImm<W32, Sub>(Code.Sub_rm32_imm32),
        RmImm<W64, Sub>(Code.Sub_rm64_imm32),
        RmImm<W8, Sub>(Code.Sub_rm8_imm8_82),
        RmImm<W16, Sub>(Code.Sub_rm16_imm8),
        RmImm<W32, Sub>(Code.Sub_rm32_imm8),
        RmImm<W64, Sub>(Code.Sub_rm64_imm8),
        RmR<W8, Sbb>(Code.Sbb_rm8_r8),
        RmR<W16, Sbb>(Code.Sbb_rm16_r16),
        RmR<W32, Sbb>(Code.Sbb_rm32_r32),
        RmR<W64, Sbb>(Code.Sbb_rm64_r64),
        RRm<W8, Sbb>(Code.Sbb_r8_rm8),
        RRm<W16, Sbb>(Code.Sbb_r16_rm16),
        RRm<W32, Sbb>(Code.Sbb_r32_rm32),
        RRm<W64, Sbb>(Code.Sbb_r64_rm64),
        AccImm<W8, Sbb>(Code.Sbb_AL_imm8),
        AccImm<W16, Sbb>(Code.Sbb_AX_imm16),
        AccImm<W32, Sbb>(Code.Sbb_EAX_imm32),
        AccImm<W64, Sbb>(Code.Sbb_RAX_imm32),
        RmImm<W8, Sbb>(Code.Sbb_rm8_imm8),
        RmImm<W16, Sbb>(Code.Sbb_rm16_imm16),
        RmImm<W32, Sbb>(Code.Sbb_rm32_imm32),
        RmImm<W64, Sbb>(Code.Sbb_rm64_imm32),
        RmImm<W8, Sbb>(Code.Sbb_rm8_imm8_82),
        RmImm<W16, Sbb>(Code.Sbb_rm16_imm8),
        RmImm<W32, Sbb>(Code.Sbb_rm32_imm8),
        RmImm<W64, Sbb>(Code.Sbb_rm64_imm8),
        RmR<W8, Cmp>(Code.Cmp_rm8_r8),
        RmR<W16, Cmp>(Code.Cmp_rm16_r16),
        RmR<W32, Cmp>(Code.Cmp_rm32_r32),
        RmR<W64, Cmp>(Code.Cmp_rm64_r64),
        RRm<W8, Cmp>(Code.Cmp_r8_rm8),
        RRm<W16, Cmp>(Code.Cmp_r16_rm16),
        RRm<W32, Cmp>(Code.Cmp_r32_rm32),
        RRm<W64, Cmp>(Code.Cmp_r64_rm64),
        AccImm<W8, Cmp>(Code.Cmp_AL_imm8),
        AccImm<W16, Cmp>(Code.Cmp_AX_imm16),
        AccImm<W32, Cmp>(Code.Cmp_EAX_imm32),
        AccImm<W64, Cmp>(Code.Cmp_RAX_imm32),
        RmImm<W8, Cmp>(Code.Cmp_rm8_imm8),
        RmImm<W16, Cmp>(Code.Cmp_rm16_imm16),
        RmImm<W32, Cmp>(Code.Cmp_rm32_imm32),
        RmImm<W64, Cmp>(Code.Cmp_rm64_imm32),
        RmImm<W8, Cmp>(Code.Cmp_rm8_imm8_82),
        RmImm<W16, Cmp>(Code.Cmp_rm16_imm8),
        RmImm<W32, Cmp>(Code.Cmp_rm32_imm8),
        RmImm<W64, Cmp>(Code.Cmp_rm64_imm8),
        Rm<W8, Inc>(Code.Inc_rm8),
        Rm<W16, Inc>(Code.Inc_rm16),
        Rm<W32, Inc>(Code.Inc_rm32),
        Rm<W64, Inc>(Code.Inc_rm64),
        Rm<W8, Dec>(Code.Dec_rm8),
        Rm<W16, Dec>(Code.Dec_rm16),
        Rm<W32, Dec>(Code.Dec_rm32),
        Rm<W64, Dec>(Code.Dec_rm64),
        Rm<W8, Neg>(Code.Neg_rm8),
        Rm<W16, Neg>(Code.Neg_rm16),
        Rm<W32, Neg>(Code.Neg_rm32),
        Rm<W64, Neg>(Code.Neg_rm64),
        R<W16, Inc>(Code.Inc_r16),
        R<W32, Inc>(Code.Inc_r32),
        R<W16, Dec>(Code.Dec_r16),
        R<W32, Dec>(Code.Dec_r32),
    ];

    private readonly struct Add : IBinaryOperation
    {
        public static bool Stores => true;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Apply<T>(ref CpuState s, ulong a, ulong b)
            where T : struct, IWidth
        {
            ulong r = a + b;
            Flags.Add<T>(ref s, a, b, r);
            return r;
        }
    }

    private readonly struct Adc : IBinaryOperation
    {
        public static bool Stores => true;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Apply<T>(ref CpuState s, ulong a, ulong b)
            where T : struct, IWidth
        {
            ulong r = a + b + Flags.Carry(ref s);
            Flags.Add<T>(ref s, a, b, r);
            return r;
        }
    }

    private readonly struct Sub : IBinaryOperation
    {
        public static bool Stores => true;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Apply<T>(ref CpuState s, ulong a, ulong b)
            where T : struct, IWidth
        {
            ulong r = a - b;
            Flags.Sub<T>(ref s, a, b, r);
            return r;
        }
    }

    private readonly struct Sbb : IBinaryOperation
    {
        public static bool Stores => true;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Apply<T>(ref CpuState s, ulong a, ulong b)
            where T : struct, IWidth
        {
            ulong r = a - b - Flags.Carry(ref s);
            Flags.Sub<T>(ref s, a, b, r);
            return r;
        }
    }

    private readonly struct Cmp : IBinaryOperation
    {
        public static bool Stores => false;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Apply<T>(ref CpuState s, ulong a, ulong b)
            where T : struct, IWidth
        {
            ulong r = a - b;
            Flags.Sub<T>(ref s, a, b, r);
            return r;
        }
    }

    private readonly struct Inc : IUnaryOperation
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Apply<T>(ref CpuState s, ulong a)
            where T : struct, IWidth
        {
            bool carry = Flags.Carry(ref s) != 0;
            ulong r = a + 1;
            Flags.Add<T>(ref s, a, 1, r);
            Flags.SetCarry(ref s, carry);
            return r;
        }
    }

    private readonly struct Dec : IUnaryOperation
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Apply<T>(ref CpuState s, ulong a)
            where T : struct, IWidth
        {
            bool carry = Flags.Carry(ref s) != 0;
            ulong r = a - 1;
            Flags.Sub<T>(ref s, a, 1, r);
            Flags.SetCarry(ref s, carry);
            return r;
        }
    }

    private readonly struct Neg : IUnaryOperation
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Apply<T>(ref CpuState s, ulong a)
            where T : struct, IWidth
        {
            ulong r = 0 - a;
            Flags.Sub<T>(ref s, 0, a, r);
            return r;
        }
    }
}
