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
        .. RmR<Add>(Code.Add_rm8_r8, Code.Add_rm16_r16, Code.Add_rm32_r32, Code.Add_rm64_r64),
        .. RRm<Add>(Code.Add_r8_rm8, Code.Add_r16_rm16, Code.Add_r32_rm32, Code.Add_r64_rm64),
        .. AccImm<Add>(Code.Add_AL_imm8, Code.Add_AX_imm16, Code.Add_EAX_imm32, Code.Add_RAX_imm32),
        .. RmImm<Add>(Code.Add_rm8_imm8, Code.Add_rm16_imm16, Code.Add_rm32_imm32, Code.Add_rm64_imm32),
        .. RmImm<Add>(Code.Add_rm8_imm8_82, Code.Add_rm16_imm8, Code.Add_rm32_imm8, Code.Add_rm64_imm8),
        .. RmR<Adc>(Code.Adc_rm8_r8, Code.Adc_rm16_r16, Code.Adc_rm32_r32, Code.Adc_rm64_r64),
        .. RRm<Adc>(Code.Adc_r8_rm8, Code.Adc_r16_rm16, Code.Adc_r32_rm32, Code.Adc_r64_rm64),
        .. AccImm<Adc>(Code.Adc_AL_imm8, Code.Adc_AX_imm16, Code.Adc_EAX_imm32, Code.Adc_RAX_imm32),
        .. RmImm<Adc>(Code.Adc_rm8_imm8, Code.Adc_rm16_imm16, Code.Adc_rm32_imm32, Code.Adc_rm64_imm32),
        .. RmImm<Adc>(Code.Adc_rm8_imm8_82, Code.Adc_rm16_imm8, Code.Adc_rm32_imm8, Code.Adc_rm64_imm8),
        .. RmR<Sub>(Code.Sub_rm8_r8, Code.Sub_rm16_r16, Code.Sub_rm32_r32, Code.Sub_rm64_r64),
        .. RRm<Sub>(Code.Sub_r8_rm8, Code.Sub_r16_rm16, Code.Sub_r32_rm32, Code.Sub_r64_rm64),
        .. AccImm<Sub>(Code.Sub_AL_imm8, Code.Sub_AX_imm16, Code.Sub_EAX_imm32, Code.Sub_RAX_imm32),
        .. RmImm<Sub>(Code.Sub_rm8_imm8, Code.Sub_rm16_imm16, Code.Sub_rm32_imm32, Code.Sub_rm64_imm32),
        .. RmImm<Sub>(Code.Sub_rm8_imm8_82, Code.Sub_rm16_imm8, Code.Sub_rm32_imm8, Code.Sub_rm64_imm8),
        .. RmR<Sbb>(Code.Sbb_rm8_r8, Code.Sbb_rm16_r16, Code.Sbb_rm32_r32, Code.Sbb_rm64_r64),
        .. RRm<Sbb>(Code.Sbb_r8_rm8, Code.Sbb_r16_rm16, Code.Sbb_r32_rm32, Code.Sbb_r64_rm64),
        .. AccImm<Sbb>(Code.Sbb_AL_imm8, Code.Sbb_AX_imm16, Code.Sbb_EAX_imm32, Code.Sbb_RAX_imm32),
        .. RmImm<Sbb>(Code.Sbb_rm8_imm8, Code.Sbb_rm16_imm16, Code.Sbb_rm32_imm32, Code.Sbb_rm64_imm32),
        .. RmImm<Sbb>(Code.Sbb_rm8_imm8_82, Code.Sbb_rm16_imm8, Code.Sbb_rm32_imm8, Code.Sbb_rm64_imm8),
        .. RmR<Cmp>(Code.Cmp_rm8_r8, Code.Cmp_rm16_r16, Code.Cmp_rm32_r32, Code.Cmp_rm64_r64),
        .. RRm<Cmp>(Code.Cmp_r8_rm8, Code.Cmp_r16_rm16, Code.Cmp_r32_rm32, Code.Cmp_r64_rm64),
        .. AccImm<Cmp>(Code.Cmp_AL_imm8, Code.Cmp_AX_imm16, Code.Cmp_EAX_imm32, Code.Cmp_RAX_imm32),
        .. RmImm<Cmp>(Code.Cmp_rm8_imm8, Code.Cmp_rm16_imm16, Code.Cmp_rm32_imm32, Code.Cmp_rm64_imm32),
        .. RmImm<Cmp>(Code.Cmp_rm8_imm8_82, Code.Cmp_rm16_imm8, Code.Cmp_rm32_imm8, Code.Cmp_rm64_imm8),
        .. Rm<Inc>(Code.Inc_rm8, Code.Inc_rm16, Code.Inc_rm32, Code.Inc_rm64),
        .. Rm<Dec>(Code.Dec_rm8, Code.Dec_rm16, Code.Dec_rm32, Code.Dec_rm64),
        .. Rm<Neg>(Code.Neg_rm8, Code.Neg_rm16, Code.Neg_rm32, Code.Neg_rm64),
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
