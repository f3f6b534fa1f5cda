using Guest.Machine.X86.Decode;
using Iced.Intel;

namespace Guest.Machine.X86.Semantics;

/// <summary>What changes no register: NOP, PAUSE, ENDBR, prefetches, fences, CLFLUSH, UD and BOUND (Intel SDM 2A, 2B and 2D).</summary>
internal static class NoOperations
{
    internal static InstructionRow[] Rows() =>
    [
        new(Code.Nopw, Nothing),
        new(Code.Nopd, Nothing),
        new(Code.Nopq, Nothing),
        new(Code.Pause, Pause),
        new(Code.Endbr64, Nothing),
        new(Code.Endbr32, Nothing),
        Hint(Code.Nop_rm16),
        Hint(Code.Nop_rm32),
        Hint(Code.Nop_rm64),
        Hint(Code.Reservednop_rm16_r16_0F0D),
        Hint(Code.Reservednop_rm32_r32_0F0D),
        Hint(Code.Reservednop_rm64_r64_0F0D),
        Hint(Code.Reservednop_rm16_r16_0F18),
        Hint(Code.Reservednop_rm32_r32_0F18),
        Hint(Code.Reservednop_rm64_r64_0F18),
        Hint(Code.Reservednop_rm16_r16_0F19),
        Hint(Code.Reservednop_rm32_r32_0F19),
        Hint(Code.Reservednop_rm64_r64_0F19),
        Hint(Code.Reservednop_rm16_r16_0F1A),
        Hint(Code.Reservednop_rm32_r32_0F1A),
        Hint(Code.Reservednop_rm64_r64_0F1A),
        Hint(Code.Reservednop_rm16_r16_0F1B),
        Hint(Code.Reservednop_rm32_r32_0F1B),
        Hint(Code.Reservednop_rm64_r64_0F1B),
        Hint(Code.Reservednop_rm16_r16_0F1C),
        Hint(Code.Reservednop_rm32_r32_0F1C),
        Hint(Code.Reservednop_rm64_r64_0F1C),
        Hint(Code.Reservednop_rm16_r16_0F1D),
        Hint(Code.Reservednop_rm32_r32_0F1D),
        Hint(Code.Reservednop_rm64_r64_0F1D),
        Hint(Code.Reservednop_rm16_r16_0F1E),
        Hint(Code.Reservednop_rm32_r32_0F1E),
        Hint(Code.Reservednop_rm64_r64_0F1E),
        Hint(Code.Reservednop_rm16_r16_0F1F),
        Hint(Code.Reservednop_rm32_r32_0F1F),
        Hint(Code.Reservednop_rm64_r64_0F1F),
        Hint(Code.Prefetch_m8),
        Hint(Code.Prefetchw_m8),
        Hint(Code.Prefetchwt1_m8),
        Hint(Code.Prefetchreserved3_m8),
        Hint(Code.Prefetchreserved4_m8),
        Hint(Code.Prefetchreserved5_m8),
        Hint(Code.Prefetchreserved6_m8),
        Hint(Code.Prefetchreserved7_m8),
        Hint(Code.Prefetchnta_m8),
        Hint(Code.Prefetcht0_m8),
        Hint(Code.Prefetcht1_m8),
        Hint(Code.Prefetcht2_m8),
        Hint(Code.Prefetchit0_m8),
        Hint(Code.Prefetchit1_m8),
        Hint(Code.Cldemote_m8),
        new(Code.Lfence, Nothing),
        new(Code.Lfence_E9, Nothing),
        new(Code.Lfence_EA, Nothing),
        new(Code.Lfence_EB, Nothing),
        new(Code.Lfence_EC, Nothing),
        new(Code.Lfence_ED, Nothing),
        new(Code.Lfence_EE, Nothing),
        new(Code.Lfence_EF, Nothing),
        new(Code.Mfence, Nothing),
        new(Code.Mfence_F1, Nothing),
        new(Code.Mfence_F2, Nothing),
        new(Code.Mfence_F3, Nothing),
        new(Code.Mfence_F4, Nothing),
        new(Code.Mfence_F5, Nothing),
        new(Code.Mfence_F6, Nothing),
        new(Code.Mfence_F7, Nothing),
        new(Code.Sfence, Nothing),
        new(Code.Sfence_F9, Nothing),
        new(Code.Sfence_FA, Nothing),
        new(Code.Sfence_FB, Nothing),
        new(Code.Sfence_FC, Nothing),
        new(Code.Sfence_FD, Nothing),
        new(Code.Sfence_FE, Nothing),
        new(Code.Sfence_FF, Nothing),
        new(Code.Clflush_m8, null, Line),
        new(Code.Clflushopt_m8, null, Line),
        new(Code.Clwb_m8, null, Line),
        new(Code.Ud0, Undefined.Opcode),
        new(Code.Ud2, Undefined.Opcode),
        new(Code.Ud0_r16_rm16, Undefined.Opcode, Undefined.Opcode),
        new(Code.Ud0_r32_rm32, Undefined.Opcode, Undefined.Opcode),
        new(Code.Ud0_r64_rm64, Undefined.Opcode, Undefined.Opcode),
        new(Code.Ud1_r16_rm16, Undefined.Opcode, Undefined.Opcode),
        new(Code.Ud1_r32_rm32, Undefined.Opcode, Undefined.Opcode),
        new(Code.Ud1_r64_rm64, Undefined.Opcode, Undefined.Opcode),
        new(Code.Bound_r16_m1616, null, Bound<W16>),
        new(Code.Bound_r32_m3232, null, Bound<W32>),
    ];

    // The memory operand of a hint is not accessed and raises nothing.
    private static InstructionRow Hint(Code code) => new(code, Nothing, Nothing);

    private static void Pause(Vcpu cpu, ref Op op)
    {
        if (cpu.TakesTurns)
        {
            cpu.Pause();
        }
    }

    private static void Nothing(Vcpu cpu, ref Op op)
    {
    }

    // There is no cache to flush, but the address is checked as for a load.
    private static void Line(Vcpu cpu, ref Op op) => cpu.ProbeRead(cpu.Address(ref op), 1);

    private static void Bound<T>(Vcpu cpu, ref Op op)
        where T : struct, IWidth
    {
        ulong address = cpu.Address(ref op);
        long lower = (long)T.SignExtend(T.Load(cpu, address));
        long upper = (long)T.SignExtend(T.Load(cpu, (uint)(address + (ulong)T.Bytes)));
        long index = (long)T.SignExtend(T.Get(ref cpu.State, op.Reg0));
        if (index < lower || index > upper)
        {
            cpu.Raise(Vector.BR);
        }
    }
}
