using Guest.Machine.X86.Decode;
using static Iced.Intel.Code;

namespace Guest.Machine.X86.Semantics;

/// <summary>SSE on XMM registers: instructions that are the host's own on the guest's values. One line for each name.</summary>
internal static class SimdSse
{
    /// <summary>The rows.</summary>
    internal static IEnumerable<InstructionRow> Rows() =>
    [
        .. SimdRow.Float(
            Cvtpi2ps_xmm_mmm64,
            Cvtsi2ss_xmm_rm32, Cvtsi2ss_xmm_rm64,
            Cvttps2pi_mm_xmmm64,
            Cvttss2si_r32_xmmm32, Cvttss2si_r64_xmmm32,
            Cvtps2pi_mm_xmmm64,
            Cvtss2si_r32_xmmm32, Cvtss2si_r64_xmmm32,
            Ucomiss_xmm_xmmm32,
            Comiss_xmm_xmmm32,
            Sqrtps_xmm_xmmm128,
            Sqrtss_xmm_xmmm32,
            Addps_xmm_xmmm128,
            Addss_xmm_xmmm32,
            Mulps_xmm_xmmm128,
            Mulss_xmm_xmmm32,
            Subps_xmm_xmmm128,
            Subss_xmm_xmmm32,
            Minps_xmm_xmmm128,
            Minss_xmm_xmmm32,
            Divps_xmm_xmmm128,
            Divss_xmm_xmmm32,
            Maxps_xmm_xmmm128,
            Maxss_xmm_xmmm32,
            Cmpps_xmm_xmmm128_imm8,
            Cmpss_xmm_xmmm32_imm8),
        .. SimdRow.Plain(
            Movups_xmm_xmmm128, Movups_xmmm128_xmm,
            Movss_xmm_xmmm32, Movss_xmmm32_xmm,
            Movhlps_xmm_xmm,
            Movlps_xmm_m64, Movlps_m64_xmm,
            Unpcklps_xmm_xmmm128,
            Unpckhps_xmm_xmmm128,
            Movlhps_xmm_xmm,
            Movhps_xmm_m64, Movhps_m64_xmm,
            Movaps_xmm_xmmm128, Movaps_xmmm128_xmm,
            Movntps_m128_xmm,
            Movmskps_r32_xmm, Movmskps_r64_xmm,
            Andps_xmm_xmmm128,
            Andnps_xmm_xmmm128,
            Orps_xmm_xmmm128,
            Xorps_xmm_xmmm128,
            Shufps_xmm_xmmm128_imm8),
    ];
}
