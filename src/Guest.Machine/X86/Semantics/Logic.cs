using System.Runtime.CompilerServices;
using Guest.Machine.X86.Decode;
using Iced.Intel;
using static Guest.Machine.X86.Semantics.BinaryForms;
using static Guest.Machine.X86.Semantics.UnaryForms;

namespace Guest.Machine.X86.Semantics;

/// <summary>AND, OR, XOR, TEST, NOT (Intel SDM 2A and 2B); AF is defined here as clear.</summary>
internal static class Logic
{
    internal static InstructionRow[] Rows() =>
    [
        RmR<W8, And>(Code.And_rm8_r8),
        RmR<W16, And>(Code.And_rm16_r16),
        RmR<W32, And>(Code.And_rm32_r32),
        RmR<W64, And>(Code.And_rm64_r64),
        RRm<W8, And>(Code.And_r8_rm8),
        RRm<W16, And>(Code.And_r16_rm16),
        RRm<W32, And>(Code.And_r32_rm32),
        RRm<W64, And>(Code.And_r64_rm64),
        AccImm<W8, And>(Code.And_AL_imm8),
        AccImm<W16, And>(Code.And_AX_imm16),
        AccImm<W32, And>(Code.And_EAX_imm32),
        AccImm<W64, And>(Code.And_RAX_imm32),
        RmImm<W8, And>(Code.And_rm8_imm8),
        RmImm<W16, And>(Code.And_rm16_imm16),
        RmImm<W32, And>(Code.And_rm32_imm32),
        RmImm<W64, And>(Code.And_rm64_imm32),
        RmImm<W8, And>(Code.And_rm8_imm8_82),
        RmImm<W16, And>(Code.And_rm16_imm8),
        RmImm<W32, And>(Code.And_rm32_imm8),
        RmImm<W64, And>(Code.And_rm64_imm8),
        RmR<W8, Or>(Code.Or_rm8_r8),
        RmR<W16, Or>(Code.Or_rm16_r16),
        RmR<W32, Or>(Code.Or_rm32_r32),
        RmR<W64, Or>(Code.Or_rm64_r64),
        RRm<W8, Or>(Code.Or_r8_rm8),
        RRm<W16, Or>(Code.Or_r16_rm16),
        RRm<W32, Or>(Code.Or_r32_rm32),
        RRm<W64, Or>(Code.Or_r64_rm64),
        AccImm<W8, Or>(Code.Or_AL_imm8),
        AccImm<W16, Or>(Code.Or_AX_imm16),
        AccImm<W32, Or>(Code.Or_EAX_imm32),
        AccImm<W64, Or>(Code.Or_RAX_imm32),
        RmImm<W8, Or>(Code.Or_rm8_imm8),
        RmImm<W16, Or>(Code.Or_rm16_imm16),
        RmImm<W32, Or>(Code.Or_rm32_imm32),
        RmImm<W64, Or>(Code.Or_rm64_imm32),
        RmImm<W8, Or>(Code.Or_rm8_imm8_82),
        RmImm<W16, Or>(Code.Or_rm16_imm8),
        RmImm<W32, Or>(Code.Or_rm32_imm8),
        RmImm<W64, Or>(Code.Or_rm64_imm8),
        RmR<W8, Xor>(Code.Xor_rm8_r8),
        RmR<W16, Xor>(Code.Xor_rm16_r16),
        RmR<W32, Xor>(Code.Xor_rm32_r32),
        RmR<W64, Xor>(Code.Xor_rm64_r64),
        RRm<W8, Xor>(Code.Xor_r8_rm8),
        RRm<W16, Xor>(Code.Xor_r16_rm16),
        RRm<W32, Xor>(Code.Xor_r32_rm32),
        RRm<W64, Xor>(Code.Xor_r64_rm64),
        AccImm<W8, Xor>(Code.Xor_AL_imm8),
        AccImm<W16, Xor>(Code.Xor_AX_imm16),
        AccImm<W32, Xor>(Code.Xor_EAX_imm32),
        AccImm<W64, Xor>(Code.Xor_RAX_imm32),
        RmImm<W8, Xor>(Code.Xor_rm8_imm8),
        RmImm<W16, Xor>(Code.Xor_rm16_imm16),
        RmImm<W32, Xor>(Code.Xor_rm32_imm32),
        RmImm<W64, Xor>(Code.Xor_rm64_imm32),
        RmImm<W8, Xor>(Code.Xor_rm8_imm8_82),
        RmImm<W16, Xor>(Code.Xor_rm16_imm8),
        RmImm<W32, Xor>(Code.Xor_rm32_imm8),
        RmImm<W64, Xor>(Code.Xor_rm64_imm8),
        RmR<W8, Test>(Code.Test_rm8_r8),
        RmR<W16, Test>(Code.Test_rm16_r16),
        RmR<W32, Test>(Code.Test_rm32_r32),
        RmR<W64, Test>(Code.Test_rm64_r64),
        AccImm<W8, Test>(Code.Test_AL_imm8),
        AccImm<W16, Test>(Code.Test_AX_imm16),
        AccImm<W32, Test>(Code.Test_EAX_imm32),
        AccImm<W64, Test>(Code.Test_RAX_imm32),
        RmImm<W8, Test>(Code.Test_rm8_imm8),
        RmImm<W16, Test>(Code.Test_rm16_imm16),
        RmImm<W32, Test>(Code.Test_rm32_imm32),
        RmImm<W64, Test>(Code.Test_rm64_imm32),
        RmImm<W8, Test>(Code.Test_rm8_imm8_F6r1),
        RmImm<W16, Test>(Code.Test_rm16_imm16_F7r1),
        RmImm<W32, Test>(Code.Test_rm32_imm32_F7r1),
        RmImm<W64, Test>(Code.Test_rm64_imm32_F7r1),
        Rm<W8, Not>(Code.Not_rm8),
        Rm<W16, Not>(Code.Not_rm16),
        Rm<W32, Not>(Code.Not_rm32),
        Rm<W64, Not>(Code.Not_rm64),
    ];

    private readonly struct And : IBinaryOperation
    {
        public static bool Stores => true;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Apply<T>(ref CpuState s, ulong a, ulong b)
            where T : struct, IWidth
        {
            ulong r = a & b;
            Flags.Logic<T>(ref s, r);
            return r;
        }
    }

    private readonly struct Or : IBinaryOperation
    {
        public static bool Stores => true;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Apply<T>(ref CpuState s, ulong a, ulong b)
            where T : struct, IWidth
        {
            ulong r = a | b;
            Flags.Logic<T>(ref s, r);
            return r;
        }
    }

    private readonly struct Xor : IBinaryOperation
    {
        public static bool Stores => true;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Apply<T>(ref CpuState s, ulong a, ulong b)
            where T : struct, IWidth
        {
            ulong r = a ^ b;
            Flags.Logic<T>(ref s, r);
            return r;
        }
    }

    private readonly struct Test : IBinaryOperation
    {
        public static bool Stores => false;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Apply<T>(ref CpuState s, ulong a, ulong b)
            where T : struct, IWidth
        {
            ulong r = a & b;
            Flags.Logic<T>(ref s, r);
            return r;
        }
    }

    private readonly struct Not : IUnaryOperation
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Apply<T>(ref CpuState s, ulong a)
            where T : struct, IWidth => ~a;
    }
}
