using Guest.Machine.X86.Decode;
using Iced.Intel;
using static Guest.Machine.X86.Semantics.Conditions;

namespace Guest.Machine.X86.Semantics;

/// <summary>CMOVcc and SETcc (Intel SDM 2A and 2B).</summary>
internal static class ConditionalMoves
{
    internal static InstructionRow[] Rows() =>
    [
        Move<W16, Overflow>(Code.Cmovo_r16_rm16),
        Move<W32, Overflow>(Code.Cmovo_r32_rm32),
        Move<W64, Overflow>(Code.Cmovo_r64_rm64),
        Move<W16, NotOverflow>(Code.Cmovno_r16_rm16),
        Move<W32, NotOverflow>(Code.Cmovno_r32_rm32),
        Move<W64, NotOverflow>(Code.Cmovno_r64_rm64),
        Move<W16, Below>(Code.Cmovb_r16_rm16),
        Move<W32, Below>(Code.Cmovb_r32_rm32),
        Move<W64, Below>(Code.Cmovb_r64_rm64),
        Move<W16, AboveOrEqual>(Code.Cmovae_r16_rm16),
        Move<W32, AboveOrEqual>(Code.Cmovae_r32_rm32),
        Move<W64, AboveOrEqual>(Code.Cmovae_r64_rm64),
        Move<W16, Equal>(Code.Cmove_r16_rm16),
        Move<W32, Equal>(Code.Cmove_r32_rm32),
        Move<W64, Equal>(Code.Cmove_r64_rm64),
        Move<W16, NotEqual>(Code.Cmovne_r16_rm16),
        Move<W32, NotEqual>(Code.Cmovne_r32_rm32),
        Move<W64, NotEqual>(Code.Cmovne_r64_rm64),
        Move<W16, BelowOrEqual>(Code.Cmovbe_r16_rm16),
        Move<W32, BelowOrEqual>(Code.Cmovbe_r32_rm32),
        Move<W64, BelowOrEqual>(Code.Cmovbe_r64_rm64),
        Move<W16, Above>(Code.Cmova_r16_rm16),
        Move<W32, Above>(Code.Cmova_r32_rm32),
        Move<W64, Above>(Code.Cmova_r64_rm64),
        Move<W16, Sign>(Code.Cmovs_r16_rm16),
        Move<W32, Sign>(Code.Cmovs_r32_rm32),
        Move<W64, Sign>(Code.Cmovs_r64_rm64),
        Move<W16, NotSign>(Code.Cmovns_r16_rm16),
        Move<W32, NotSign>(Code.Cmovns_r32_rm32),
        Move<W64, NotSign>(Code.Cmovns_r64_rm64),
        Move<W16, Parity>(Code.Cmovp_r16_rm16),
        Move<W32, Parity>(Code.Cmovp_r32_rm32),
        Move<W64, Parity>(Code.Cmovp_r64_rm64),
        Move<W16, NotParity>(Code.Cmovnp_r16_rm16),
        Move<W32, NotParity>(Code.Cmovnp_r32_rm32),
        Move<W64, NotParity>(Code.Cmovnp_r64_rm64),
        Move<W16, Less>(Code.Cmovl_r16_rm16),
        Move<W32, Less>(Code.Cmovl_r32_rm32),
        Move<W64, Less>(Code.Cmovl_r64_rm64),
        Move<W16, GreaterOrEqual>(Code.Cmovge_r16_rm16),
        Move<W32, GreaterOrEqual>(Code.Cmovge_r32_rm32),
        Move<W64, GreaterOrEqual>(Code.Cmovge_r64_rm64),
        Move<W16, LessOrEqual>(Code.Cmovle_r16_rm16),
        Move<W32, LessOrEqual>(Code.Cmovle_r32_rm32),
        Move<W64, LessOrEqual>(Code.Cmovle_r64_rm64),
        Move<W16, Greater>(Code.Cmovg_r16_rm16),
        Move<W32, Greater>(Code.Cmovg_r32_rm32),
        Move<W64, Greater>(Code.Cmovg_r64_rm64),
        SetByte<Overflow>(Code.Seto_rm8),
        SetByte<NotOverflow>(Code.Setno_rm8),
        SetByte<Below>(Code.Setb_rm8),
        SetByte<AboveOrEqual>(Code.Setae_rm8),
        SetByte<Equal>(Code.Sete_rm8),
        SetByte<NotEqual>(Code.Setne_rm8),
        SetByte<BelowOrEqual>(Code.Setbe_rm8),
        SetByte<Above>(Code.Seta_rm8),
        SetByte<Sign>(Code.Sets_rm8),
        SetByte<NotSign>(Code.Setns_rm8),
        SetByte<Parity>(Code.Setp_rm8),
        SetByte<NotParity>(Code.Setnp_rm8),
        SetByte<Less>(Code.Setl_rm8),
        SetByte<GreaterOrEqual>(Code.Setge_rm8),
        SetByte<LessOrEqual>(Code.Setle_rm8),
        SetByte<Greater>(Code.Setg_rm8),
    ];

    private static InstructionRow Move<T, TCondition>(Code code)
        where T : struct, IWidth
        where TCondition : struct, ICondition => new(code, MoveRegister<T, TCondition>, MoveMemory<T, TCondition>);

    private static InstructionRow SetByte<TCondition>(Code code)
        where TCondition : struct, ICondition => new(code, SetRegister<TCondition>, SetMemory<TCondition>);

    // The destination is written either way: a 32-bit one loses its upper half even where the condition does not hold.
    private static void MoveRegister<T, TCondition>(Vcpu cpu, ref Op op)
        where T : struct, IWidth
        where TCondition : struct, ICondition
    {
        ref CpuState s = ref cpu.State;
        T.Set(ref s, op.Reg0, T.Get(ref s, TCondition.Holds(ref s) ? op.Reg1 : op.Reg0));
    }

    private static void MoveMemory<T, TCondition>(Vcpu cpu, ref Op op)
        where T : struct, IWidth
        where TCondition : struct, ICondition
    {
        ulong value = T.Load(cpu, cpu.Address(ref op));
        ref CpuState s = ref cpu.State;
        T.Set(ref s, op.Reg0, TCondition.Holds(ref s) ? value : T.Get(ref s, op.Reg0));
    }

    private static void SetRegister<TCondition>(Vcpu cpu, ref Op op)
        where TCondition : struct, ICondition
    {
        ref CpuState s = ref cpu.State;
        W8.Set(ref s, op.Reg0, TCondition.Holds(ref s) ? 1UL : 0);
    }

    private static void SetMemory<TCondition>(Vcpu cpu, ref Op op)
        where TCondition : struct, ICondition => W8.Store(cpu, cpu.Address(ref op), TCondition.Holds(ref cpu.State) ? 1UL : 0);
}
