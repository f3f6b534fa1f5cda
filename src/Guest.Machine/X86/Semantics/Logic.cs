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
        .. RmR<And>(Code.And_rm8_r8, Code.And_rm16_r16, Code.And_rm32_r32, Code.And_rm64_r64),
        .. RRm<And>(Code.And_r8_rm8, Code.And_r16_rm16, Code.And_r32_rm32, Code.And_r64_rm64),
        .. AccImm<And>(Code.And_AL_imm8, Code.And_AX_imm16, Code.And_EAX_imm32, Code.And_RAX_imm32),
        .. RmImm<And>(Code.And_rm8_imm8, Code.And_rm16_imm16, Code.And_rm32_imm32, Code.And_rm64_imm32),
        .. RmImm<And>(Code.And_rm8_imm8_82, Code.And_rm16_imm8, Code.And_rm32_imm8, Code.And_rm64_imm8),
        .. RmR<Or>(Code.Or_rm8_r8, Code.Or_rm16_r16, Code.Or_rm32_r32, Code.Or_rm64_r64),
        .. RRm<Or>(Code.Or_r8_rm8, Code.Or_r16_rm16, Code.Or_r32_rm32, Code.Or_r64_rm64),
        .. AccImm<Or>(Code.Or_AL_imm8, Code.Or_AX_imm16, Code.Or_EAX_imm32, Code.Or_RAX_imm32),
        .. RmImm<Or>(Code.Or_rm8_imm8, Code.Or_rm16_imm16, Code.Or_rm32_imm32, Code.Or_rm64_imm32),
        .. RmImm<Or>(Code.Or_rm8_imm8_82, Code.Or_rm16_imm8, Code.Or_rm32_imm8, Code.Or_rm64_imm8),
        .. RmR<Xor>(Code.Xor_rm8_r8, Code.Xor_rm16_r16, Code.Xor_rm32_r32, Code.Xor_rm64_r64),
        .. RRm<Xor>(Code.Xor_r8_rm8, Code.Xor_r16_rm16, Code.Xor_r32_rm32, Code.Xor_r64_rm64),
        .. AccImm<Xor>(Code.Xor_AL_imm8, Code.Xor_AX_imm16, Code.Xor_EAX_imm32, Code.Xor_RAX_imm32),
        .. RmImm<Xor>(Code.Xor_rm8_imm8, Code.Xor_rm16_imm16, Code.Xor_rm32_imm32, Code.Xor_rm64_imm32),
        .. RmImm<Xor>(Code.Xor_rm8_imm8_82, Code.Xor_rm16_imm8, Code.Xor_rm32_imm8, Code.Xor_rm64_imm8),
        .. RmR<Test>(Code.Test_rm8_r8, Code.Test_rm16_r16, Code.Test_rm32_r32, Code.Test_rm64_r64),
        .. AccImm<Test>(Code.Test_AL_imm8, Code.Test_AX_imm16, Code.Test_EAX_imm32, Code.Test_RAX_imm32),
        .. RmImm<Test>(Code.Test_rm8_imm8, Code.Test_rm16_imm16, Code.Test_rm32_imm32, Code.Test_rm64_imm32),
        .. RmImm<Test>(Code.Test_rm8_imm8_F6r1, Code.Test_rm16_imm16_F7r1, Code.Test_rm32_imm32_F7r1, Code.Test_rm64_imm32_F7r1),
        .. Rm<Not>(Code.Not_rm8, Code.Not_rm16, Code.Not_rm32, Code.Not_rm64),
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
