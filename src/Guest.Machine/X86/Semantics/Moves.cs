using Guest.Machine.X86.Decode;
using Iced.Intel;

namespace Guest.Machine.X86.Semantics;

/// <summary>MOV of general registers, memory and immediates, MOVZX, MOVSX, LEA, XLAT, CBW and CWD and their kin (Intel SDM 2A, 2B and 2D).</summary>
internal static class Moves
{
    private const byte Rax = 0;
    private const byte Rdx = 2 * 8;

    internal static InstructionRow[] Rows() =>
    [
        RmR<W8>(Code.Mov_rm8_r8),
        RmR<W16>(Code.Mov_rm16_r16),
        RmR<W32>(Code.Mov_rm32_r32),
        RmR<W64>(Code.Mov_rm64_r64),
        RRm<W8>(Code.Mov_r8_rm8),
        RRm<W16>(Code.Mov_r16_rm16),
        RRm<W32>(Code.Mov_r32_rm32),
        RRm<W64>(Code.Mov_r64_rm64),
        RmImm<W8>(Code.Mov_r8_imm8),
        RmImm<W16>(Code.Mov_r16_imm16),
        RmImm<W32>(Code.Mov_r32_imm32),
        RmImm<W64>(Code.Mov_r64_imm64),
        RmImm<W8>(Code.Mov_rm8_imm8),
        RmImm<W16>(Code.Mov_rm16_imm16),
        RmImm<W32>(Code.Mov_rm32_imm32),
        RmImm<W64>(Code.Mov_rm64_imm32),
        RRm<W8>(Code.Mov_AL_moffs8),
        RRm<W16>(Code.Mov_AX_moffs16),
        RRm<W32>(Code.Mov_EAX_moffs32),
        RRm<W64>(Code.Mov_RAX_moffs64),
        RmR<W8>(Code.Mov_moffs8_AL),
        RmR<W16>(Code.Mov_moffs16_AX),
        RmR<W32>(Code.Mov_moffs32_EAX),
        RmR<W64>(Code.Mov_moffs64_RAX),
        RmR<W32>(Code.Movnti_m32_r32),
        RmR<W64>(Code.Movnti_m64_r64),
        Zero<W16, W8>(Code.Movzx_r16_rm8),
        Zero<W32, W8>(Code.Movzx_r32_rm8),
        Zero<W64, W8>(Code.Movzx_r64_rm8),
        Zero<W16, W16>(Code.Movzx_r16_rm16),
        Zero<W32, W16>(Code.Movzx_r32_rm16),
        Zero<W64, W16>(Code.Movzx_r64_rm16),
        Sign<W16, W8>(Code.Movsx_r16_rm8),
        Sign<W32, W8>(Code.Movsx_r32_rm8),
        Sign<W64, W8>(Code.Movsx_r64_rm8),
        Sign<W16, W16>(Code.Movsx_r16_rm16),
        Sign<W32, W16>(Code.Movsx_r32_rm16),
        Sign<W64, W16>(Code.Movsx_r64_rm16),
        Sign<W16, W16>(Code.Movsxd_r16_rm16),
        Sign<W32, W32>(Code.Movsxd_r32_rm32),
        Sign<W64, W32>(Code.Movsxd_r64_rm32),
        new(Code.Lea_r16_m, null, Lea<W16>),
        new(Code.Lea_r32_m, null, Lea<W32>),
        new(Code.Lea_r64_m, null, Lea<W64>),
        new(Code.Xlat_m8, null, Xlat),
        new(Code.Cbw, Widen<W16, W8>),
        new(Code.Cwde, Widen<W32, W16>),
        new(Code.Cdqe, Widen<W64, W32>),
        new(Code.Cwd, SignInto<W16>),
        new(Code.Cdq, SignInto<W32>),
        new(Code.Cqo, SignInto<W64>),
    ];

    private static InstructionRow RmR<T>(Code code)
        where T : struct, IWidth => new(code, RegisterRegister<T>, StoreRegister<T>);

    private static InstructionRow RRm<T>(Code code)
        where T : struct, IWidth => new(code, RegisterRegister<T>, LoadRegister<T>);

    private static InstructionRow RmImm<T>(Code code)
        where T : struct, IWidth => new(code, RegisterImmediate<T>, StoreImmediate<T>);

    private static InstructionRow Zero<T, TSource>(Code code)
        where T : struct, IWidth
        where TSource : struct, IWidth => new(code, ZeroRegister<T, TSource>, ZeroMemory<T, TSource>);

    private static InstructionRow Sign<T, TSource>(Code code)
        where T : struct, IWidth
        where TSource : struct, IWidth => new(code, SignRegister<T, TSource>, SignMemory<T, TSource>);

    private static void RegisterRegister<T>(Vcpu cpu, ref Op op)
        where T : struct, IWidth
    {
        ref CpuState s = ref cpu.State;
        T.Set(ref s, op.Reg0, T.Get(ref s, op.Reg1));
    }

    private static void StoreRegister<T>(Vcpu cpu, ref Op op)
        where T : struct, IWidth => T.Store(cpu, cpu.Address(ref op), T.Get(ref cpu.State, op.Reg1));

    private static void LoadRegister<T>(Vcpu cpu, ref Op op)
        where T : struct, IWidth => T.Set(ref cpu.State, op.Reg0, T.Load(cpu, cpu.Address(ref op)));

    private static void RegisterImmediate<T>(Vcpu cpu, ref Op op)
        where T : struct, IWidth => T.Set(ref cpu.State, op.Reg0, op.Imm);

    private static void StoreImmediate<T>(Vcpu cpu, ref Op op)
        where T : struct, IWidth => T.Store(cpu, cpu.Address(ref op), op.Imm);

    private static void ZeroRegister<T, TSource>(Vcpu cpu, ref Op op)
        where T : struct, IWidth
        where TSource : struct, IWidth
    {
        ref CpuState s = ref cpu.State;
        T.Set(ref s, op.Reg0, TSource.Get(ref s, op.Reg1));
    }

    private static void ZeroMemory<T, TSource>(Vcpu cpu, ref Op op)
        where T : struct, IWidth
        where TSource : struct, IWidth => T.Set(ref cpu.State, op.Reg0, TSource.Load(cpu, cpu.Address(ref op)));

    private static void SignRegister<T, TSource>(Vcpu cpu, ref Op op)
        where T : struct, IWidth
        where TSource : struct, IWidth
    {
        ref CpuState s = ref cpu.State;
        T.Set(ref s, op.Reg0, TSource.SignExtend(TSource.Get(ref s, op.Reg1)));
    }

    private static void SignMemory<T, TSource>(Vcpu cpu, ref Op op)
        where T : struct, IWidth
        where TSource : struct, IWidth => T.Set(ref cpu.State, op.Reg0, TSource.SignExtend(TSource.Load(cpu, cpu.Address(ref op))));

    private static void Lea<T>(Vcpu cpu, ref Op op)
        where T : struct, IWidth => T.Set(ref cpu.State, op.Reg0, cpu.EffectiveAddress(ref op));

    // The index is AL alone, so the operand's address is not the usual sum.
    private static void Xlat(Vcpu cpu, ref Op op)
    {
        ref CpuState s = ref cpu.State;
        ulong offset = AddressSize.Cut(s.Rbx + (byte)s.Rax, op.AddressBits);
        W8.Set(ref s, Rax, W8.Load(cpu, cpu.Linear((SegmentName)op.Segment, offset, 1, write: false)));
    }

    private static void Widen<T, TSource>(Vcpu cpu, ref Op op)
        where T : struct, IWidth
        where TSource : struct, IWidth
    {
        ref CpuState s = ref cpu.State;
        T.Set(ref s, Rax, TSource.SignExtend(s.Rax));
    }

    private static void SignInto<T>(Vcpu cpu, ref Op op)
        where T : struct, IWidth
    {
        ref CpuState s = ref cpu.State;
        T.Set(ref s, Rdx, (ulong)((long)T.SignExtend(s.Rax) >> 63));
    }
}
