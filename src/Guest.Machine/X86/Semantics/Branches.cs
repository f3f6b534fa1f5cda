using System.Runtime.CompilerServices;
using Guest.Machine.X86.Decode;
using Iced.Intel;
using static Guest.Machine.X86.Semantics.Conditions;

namespace Guest.Machine.X86.Semantics;

/// <summary>Near transfers: Jcc, JMP, CALL, RET, LOOP, JCXZ (Intel SDM 2A and 2B). The width is the operand size: what RIP is cut to.</summary>
internal static class Branches
{
    private const byte Rcx = 1 * 8;

    internal static InstructionRow[] Rows() =>
    [
        new(Code.Jo_rel8_16, Jump<W16, Overflow>),
        new(Code.Jo_rel8_32, Jump<W32, Overflow>),
        new(Code.Jo_rel8_64, Jump<W64, Overflow>),
        new(Code.Jo_rel16, Jump<W16, Overflow>),
        new(Code.Jo_rel32_32, Jump<W32, Overflow>),
        new(Code.Jo_rel32_64, Jump<W64, Overflow>),
        new(Code.Jno_rel8_16, Jump<W16, NotOverflow>),
        new(Code.Jno_rel8_32, Jump<W32, NotOverflow>),
        new(Code.Jno_rel8_64, Jump<W64, NotOverflow>),
        new(Code.Jno_rel16, Jump<W16, NotOverflow>),
        new(Code.Jno_rel32_32, Jump<W32, NotOverflow>),
        new(Code.Jno_rel32_64, Jump<W64, NotOverflow>),
        new(Code.Jb_rel8_16, Jump<W16, Below>),
        new(Code.Jb_rel8_32, Jump<W32, Below>),
        new(Code.Jb_rel8_64, Jump<W64, Below>),
        new(Code.Jb_rel16, Jump<W16, Below>),
        new(Code.Jb_rel32_32, Jump<W32, Below>),
        new(Code.Jb_rel32_64, Jump<W64, Below>),
        new(Code.Jae_rel8_16, Jump<W16, AboveOrEqual>),
        new(Code.Jae_rel8_32, Jump<W32, AboveOrEqual>),
        new(Code.Jae_rel8_64, Jump<W64, AboveOrEqual>),
        new(Code.Jae_rel16, Jump<W16, AboveOrEqual>),
        new(Code.Jae_rel32_32, Jump<W32, AboveOrEqual>),
        new(Code.Jae_rel32_64, Jump<W64, AboveOrEqual>),
        new(Code.Je_rel8_16, Jump<W16, Equal>),
        new(Code.Je_rel8_32, Jump<W32, Equal>),
        new(Code.Je_rel8_64, Jump<W64, Equal>),
        new(Code.Je_rel16, Jump<W16, Equal>),
        new(Code.Je_rel32_32, Jump<W32, Equal>),
        new(Code.Je_rel32_64, Jump<W64, Equal>),
        new(Code.Jne_rel8_16, Jump<W16, NotEqual>),
        new(Code.Jne_rel8_32, Jump<W32, NotEqual>),
        new(Code.Jne_rel8_64, Jump<W64, NotEqual>),
        new(Code.Jne_rel16, Jump<W16, NotEqual>),
        new(Code.Jne_rel32_32, Jump<W32, NotEqual>),
        new(Code.Jne_rel32_64, Jump<W64, NotEqual>),
        new(Code.Jbe_rel8_16, Jump<W16, BelowOrEqual>),
        new(Code.Jbe_rel8_32, Jump<W32, BelowOrEqual>),
        new(Code.Jbe_rel8_64, Jump<W64, BelowOrEqual>),
        new(Code.Jbe_rel16, Jump<W16, BelowOrEqual>),
        new(Code.Jbe_rel32_32, Jump<W32, BelowOrEqual>),
        new(Code.Jbe_rel32_64, Jump<W64, BelowOrEqual>),
        new(Code.Ja_rel8_16, Jump<W16, Above>),
        new(Code.Ja_rel8_32, Jump<W32, Above>),
        new(Code.Ja_rel8_64, Jump<W64, Above>),
        new(Code.Ja_rel16, Jump<W16, Above>),
        new(Code.Ja_rel32_32, Jump<W32, Above>),
        new(Code.Ja_rel32_64, Jump<W64, Above>),
        new(Code.Js_rel8_16, Jump<W16, Sign>),
        new(Code.Js_rel8_32, Jump<W32, Sign>),
        new(Code.Js_rel8_64, Jump<W64, Sign>),
        new(Code.Js_rel16, Jump<W16, Sign>),
        new(Code.Js_rel32_32, Jump<W32, Sign>),
        new(Code.Js_rel32_64, Jump<W64, Sign>),
        new(Code.Jns_rel8_16, Jump<W16, NotSign>),
        new(Code.Jns_rel8_32, Jump<W32, NotSign>),
        new(Code.Jns_rel8_64, Jump<W64, NotSign>),
        new(Code.Jns_rel16, Jump<W16, NotSign>),
        new(Code.Jns_rel32_32, Jump<W32, NotSign>),
        new(Code.Jns_rel32_64, Jump<W64, NotSign>),
        new(Code.Jp_rel8_16, Jump<W16, Parity>),
        new(Code.Jp_rel8_32, Jump<W32, Parity>),
        new(Code.Jp_rel8_64, Jump<W64, Parity>),
        new(Code.Jp_rel16, Jump<W16, Parity>),
        new(Code.Jp_rel32_32, Jump<W32, Parity>),
        new(Code.Jp_rel32_64, Jump<W64, Parity>),
        new(Code.Jnp_rel8_16, Jump<W16, NotParity>),
        new(Code.Jnp_rel8_32, Jump<W32, NotParity>),
        new(Code.Jnp_rel8_64, Jump<W64, NotParity>),
        new(Code.Jnp_rel16, Jump<W16, NotParity>),
        new(Code.Jnp_rel32_32, Jump<W32, NotParity>),
        new(Code.Jnp_rel32_64, Jump<W64, NotParity>),
        new(Code.Jl_rel8_16, Jump<W16, Less>),
        new(Code.Jl_rel8_32, Jump<W32, Less>),
        new(Code.Jl_rel8_64, Jump<W64, Less>),
        new(Code.Jl_rel16, Jump<W16, Less>),
        new(Code.Jl_rel32_32, Jump<W32, Less>),
        new(Code.Jl_rel32_64, Jump<W64, Less>),
        new(Code.Jge_rel8_16, Jump<W16, GreaterOrEqual>),
        new(Code.Jge_rel8_32, Jump<W32, GreaterOrEqual>),
        new(Code.Jge_rel8_64, Jump<W64, GreaterOrEqual>),
        new(Code.Jge_rel16, Jump<W16, GreaterOrEqual>),
        new(Code.Jge_rel32_32, Jump<W32, GreaterOrEqual>),
        new(Code.Jge_rel32_64, Jump<W64, GreaterOrEqual>),
        new(Code.Jle_rel8_16, Jump<W16, LessOrEqual>),
        new(Code.Jle_rel8_32, Jump<W32, LessOrEqual>),
        new(Code.Jle_rel8_64, Jump<W64, LessOrEqual>),
        new(Code.Jle_rel16, Jump<W16, LessOrEqual>),
        new(Code.Jle_rel32_32, Jump<W32, LessOrEqual>),
        new(Code.Jle_rel32_64, Jump<W64, LessOrEqual>),
        new(Code.Jg_rel8_16, Jump<W16, Greater>),
        new(Code.Jg_rel8_32, Jump<W32, Greater>),
        new(Code.Jg_rel8_64, Jump<W64, Greater>),
        new(Code.Jg_rel16, Jump<W16, Greater>),
        new(Code.Jg_rel32_32, Jump<W32, Greater>),
        new(Code.Jg_rel32_64, Jump<W64, Greater>),
        new(Code.Jmp_rel8_16, Jump<W16>),
        new(Code.Jmp_rel8_32, Jump<W32>),
        new(Code.Jmp_rel8_64, Jump<W64>),
        new(Code.Jmp_rel16, Jump<W16>),
        new(Code.Jmp_rel32_32, Jump<W32>),
        new(Code.Jmp_rel32_64, Jump<W64>),
        new(Code.Jmp_rm16, JumpRegister<W16>, JumpMemory<W16>),
        new(Code.Jmp_rm32, JumpRegister<W32>, JumpMemory<W32>),
        new(Code.Jmp_rm64, JumpRegister<W64>, JumpMemory<W64>),
        new(Code.Call_rel16, Call<W16>),
        new(Code.Call_rel32_32, Call<W32>),
        new(Code.Call_rel32_64, Call<W64>),
        new(Code.Call_rm16, CallRegister<W16>, CallMemory<W16>),
        new(Code.Call_rm32, CallRegister<W32>, CallMemory<W32>),
        new(Code.Call_rm64, CallRegister<W64>, CallMemory<W64>),
        new(Code.Retnw, Return<W16>),
        new(Code.Retnd, Return<W32>),
        new(Code.Retnq, Return<W64>),
        new(Code.Retnw_imm16, Return<W16>),
        new(Code.Retnd_imm16, Return<W32>),
        new(Code.Retnq_imm16, Return<W64>),
        new(Code.Loopne_rel8_16_CX, Loop<W16, W16, NotEqual>),
        new(Code.Loopne_rel8_32_CX, Loop<W32, W16, NotEqual>),
        new(Code.Loopne_rel8_16_ECX, Loop<W16, W32, NotEqual>),
        new(Code.Loopne_rel8_32_ECX, Loop<W32, W32, NotEqual>),
        new(Code.Loopne_rel8_64_ECX, Loop<W64, W32, NotEqual>),
        new(Code.Loopne_rel8_16_RCX, Loop<W16, W64, NotEqual>),
        new(Code.Loopne_rel8_64_RCX, Loop<W64, W64, NotEqual>),
        new(Code.Loope_rel8_16_CX, Loop<W16, W16, Equal>),
        new(Code.Loope_rel8_32_CX, Loop<W32, W16, Equal>),
        new(Code.Loope_rel8_16_ECX, Loop<W16, W32, Equal>),
        new(Code.Loope_rel8_32_ECX, Loop<W32, W32, Equal>),
        new(Code.Loope_rel8_64_ECX, Loop<W64, W32, Equal>),
        new(Code.Loope_rel8_16_RCX, Loop<W16, W64, Equal>),
        new(Code.Loope_rel8_64_RCX, Loop<W64, W64, Equal>),
        new(Code.Loop_rel8_16_CX, Loop<W16, W16, Always>),
        new(Code.Loop_rel8_32_CX, Loop<W32, W16, Always>),
        new(Code.Loop_rel8_16_ECX, Loop<W16, W32, Always>),
        new(Code.Loop_rel8_32_ECX, Loop<W32, W32, Always>),
        new(Code.Loop_rel8_64_ECX, Loop<W64, W32, Always>),
        new(Code.Loop_rel8_16_RCX, Loop<W16, W64, Always>),
        new(Code.Loop_rel8_64_RCX, Loop<W64, W64, Always>),
        new(Code.Jcxz_rel8_16, JumpCountZero<W16, W16>),
        new(Code.Jcxz_rel8_32, JumpCountZero<W32, W16>),
        new(Code.Jecxz_rel8_16, JumpCountZero<W16, W32>),
        new(Code.Jecxz_rel8_32, JumpCountZero<W32, W32>),
        new(Code.Jecxz_rel8_64, JumpCountZero<W64, W32>),
        new(Code.Jrcxz_rel8_16, JumpCountZero<W16, W64>),
        new(Code.Jrcxz_rel8_64, JumpCountZero<W64, W64>),
    ];

    private static void Jump<T, TCondition>(Vcpu cpu, ref Op op)
        where T : struct, IWidth
        where TCondition : struct, ICondition
    {
        ref CpuState s = ref cpu.State;
        if (TCondition.Holds(ref s))
        {
            s.Rip = Relative<T>(cpu, ref s, ref op);
        }
    }

    private static void Jump<T>(Vcpu cpu, ref Op op)
        where T : struct, IWidth
    {
        ref CpuState s = ref cpu.State;
        s.Rip = Relative<T>(cpu, ref s, ref op);
    }

    private static void JumpRegister<T>(Vcpu cpu, ref Op op)
        where T : struct, IWidth
    {
        ref CpuState s = ref cpu.State;
        s.Rip = Checked<T>(cpu, ref s, T.Get(ref s, op.Reg0));
    }

    private static void JumpMemory<T>(Vcpu cpu, ref Op op)
        where T : struct, IWidth
    {
        ulong target = T.Load(cpu, cpu.Address(ref op));
        ref CpuState s = ref cpu.State;
        s.Rip = Checked<T>(cpu, ref s, target);
    }

    private static void Call<T>(Vcpu cpu, ref Op op)
        where T : struct, IWidth
    {
        ref CpuState s = ref cpu.State;
        ulong target = Relative<T>(cpu, ref s, ref op);
        StackAccess.Push<T>(cpu, s.Rip);
        s.Rip = target;
    }

    private static void CallRegister<T>(Vcpu cpu, ref Op op)
        where T : struct, IWidth
    {
        ref CpuState s = ref cpu.State;
        ulong target = Checked<T>(cpu, ref s, T.Get(ref s, op.Reg0));
        StackAccess.Push<T>(cpu, s.Rip);
        s.Rip = target;
    }

    private static void CallMemory<T>(Vcpu cpu, ref Op op)
        where T : struct, IWidth
    {
        ulong target = T.Load(cpu, cpu.Address(ref op));
        ref CpuState s = ref cpu.State;
        target = Checked<T>(cpu, ref s, target);
        StackAccess.Push<T>(cpu, s.Rip);
        s.Rip = target;
    }

    // Without an operand Imm is zero.
    private static void Return<T>(Vcpu cpu, ref Op op)
        where T : struct, IWidth
    {
        ref CpuState s = ref cpu.State;
        ulong target = Checked<T>(cpu, ref s, StackAccess.Peek<T>(cpu));
        StackAccess.Release(cpu, (ulong)T.Bytes + op.Imm);
        s.Rip = target;
    }

    private static void Loop<T, TCount, TCondition>(Vcpu cpu, ref Op op)
        where T : struct, IWidth
        where TCount : struct, IWidth
        where TCondition : struct, ICondition
    {
        ref CpuState s = ref cpu.State;
        ulong count = (s.Rcx - 1) & TCount.Mask;
        ulong next = count != 0 && TCondition.Holds(ref s) ? Relative<T>(cpu, ref s, ref op) : s.Rip;
        TCount.Set(ref s, Rcx, count);
        s.Rip = next;
    }

    private static void JumpCountZero<T, TCount>(Vcpu cpu, ref Op op)
        where T : struct, IWidth
        where TCount : struct, IWidth
    {
        ref CpuState s = ref cpu.State;
        if ((s.Rcx & TCount.Mask) == 0)
        {
            s.Rip = Relative<T>(cpu, ref s, ref op);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Relative<T>(Vcpu cpu, ref CpuState s, ref Op op)
        where T : struct, IWidth
    {
        ulong target = s.Rip + op.Imm;
        if (T.Bits == 64)
        {
            // RIP is canonical: a target that shares its upper bits is too.
            return ((target ^ s.Rip) >> 47) == 0 ? target : CheckCanonical(cpu, target);
        }

        return CheckLimit(cpu, target & T.Mask);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Checked<T>(Vcpu cpu, ref CpuState s, ulong target)
        where T : struct, IWidth
    {
        if (T.Bits == 64)
        {
            return ((target ^ s.Rip) >> 47) == 0 ? target : CheckCanonical(cpu, target);
        }

        return CheckLimit(cpu, target);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static ulong CheckCanonical(Vcpu cpu, ulong target)
    {
        if (!cpu.IsCanonical(target))
        {
            cpu.RaiseGp();
        }

        return target;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static ulong CheckLimit(Vcpu cpu, ulong target)
    {
        if (!cpu.InLongMode64 && target > cpu.State.Segments[(int)SegmentName.Cs].Limit)
        {
            cpu.RaiseGp();
        }

        return target;
    }

    private readonly struct Always : ICondition
    {
        public static bool Holds(ref CpuState s) => true;
    }
}
