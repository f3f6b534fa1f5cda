using Guest.Machine.X86.Decode;
using static Iced.Intel.Code;

namespace Guest.Machine.X86.Semantics;

/// <summary>MXCSR, the upper halves of the YMM registers, EMMS.</summary>
internal static class SimdControl
{
    /// <summary>Bits of MXCSR that exist: MXCSR_MASK, the same on every host (denormals-are-zeros is there, AMD's misaligned mode is not).</summary>
    internal const uint MxcsrMask = 0xFFFF;

    /// <summary>MXCSR after reset: every exception masked, round to nearest.</summary>
    internal const uint InitialMxcsr = 0x1F80;

    /// <summary>The rows.</summary>
    internal static IEnumerable<InstructionRow> Rows() =>
    [
        new(Ldmxcsr_m32, null, LoadMxcsr<SimdUnits.Sse>),
        new(Stmxcsr_m32, null, StoreMxcsr<SimdUnits.Sse>),
        new(VEX_Vldmxcsr_m32, null, LoadMxcsr<SimdUnits.Vex>),
        new(VEX_Vstmxcsr_m32, null, StoreMxcsr<SimdUnits.Vex>),
        new(VEX_Vzeroupper, ZeroUpper),
        new(VEX_Vzeroall, ZeroAll),
        new(Emms, EmptyMmx),
    ];

    private static void LoadMxcsr<TUnit>(Vcpu cpu, ref Op op)
        where TUnit : struct, ISimdUnit
    {
        TUnit.Check(cpu);
        uint value = cpu.Load<uint>(cpu.Address(ref op));
        if ((value & ~MxcsrMask) != 0)
        {
            cpu.RaiseGp();
        }

        cpu.State.Mxcsr = value;
    }

    private static void StoreMxcsr<TUnit>(Vcpu cpu, ref Op op)
        where TUnit : struct, ISimdUnit
    {
        TUnit.Check(cpu);
        cpu.Store(cpu.Address(ref op), cpu.State.Mxcsr);
    }

    // Outside 64-bit mode only the eight registers that exist there (Intel SDM 2C, VZEROUPPER).
    private static void ZeroUpper(Vcpu cpu, ref Op op)
    {
        cpu.CheckVex();
        Span<ulong> vectors = cpu.State.Vectors;
        for (int i = 0; i < (cpu.InLongMode64 ? 16 : 8); i++)
        {
            vectors.Slice((4 * i) + 2, 2).Clear();
        }
    }

    private static void ZeroAll(Vcpu cpu, ref Op op)
    {
        cpu.CheckVex();
        ((Span<ulong>)cpu.State.Vectors)[..(cpu.InLongMode64 ? 64 : 32)].Clear();
    }

    private static void EmptyMmx(Vcpu cpu, ref Op op)
    {
        cpu.CheckMmx();
        ref CpuState s = ref cpu.State;
        X87State.EnterMmx(ref s);
        s.Fx[0] &= ~X87.FxTags;
    }
}
