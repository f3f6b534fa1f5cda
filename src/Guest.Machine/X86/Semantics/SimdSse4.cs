using Guest.Machine.X86.Decode;
using static Iced.Intel.Code;

namespace Guest.Machine.X86.Semantics;

/// <summary>SSE4.1 and SSE4.2: instructions that are the host's own on the guest's values. One line for each name.</summary>
internal static class SimdSse4
{
    /// <summary>The rows.</summary>
    internal static IEnumerable<InstructionRow> Rows() =>
    [
        .. SimdRow.Float(
            Roundps_xmm_xmmm128_imm8,
            Roundpd_xmm_xmmm128_imm8,
            Roundss_xmm_xmmm32_imm8,
            Roundsd_xmm_xmmm64_imm8,
            Dpps_xmm_xmmm128_imm8,
            Dppd_xmm_xmmm128_imm8),
        .. SimdRow.Plain(
            Pblendvb_xmm_xmmm128,
            Blendvps_xmm_xmmm128,
            Blendvpd_xmm_xmmm128,
            Ptest_xmm_xmmm128,
            Pmovsxbw_xmm_xmmm64,
            Pmovsxbd_xmm_xmmm32,
            Pmovsxbq_xmm_xmmm16,
            Pmovsxwd_xmm_xmmm64,
            Pmovsxwq_xmm_xmmm32,
            Pmovsxdq_xmm_xmmm64,
            Pmuldq_xmm_xmmm128,
            Pcmpeqq_xmm_xmmm128,
            Movntdqa_xmm_m128,
            Packusdw_xmm_xmmm128,
            Pmovzxbw_xmm_xmmm64,
            Pmovzxbd_xmm_xmmm32,
            Pmovzxbq_xmm_xmmm16,
            Pmovzxwd_xmm_xmmm64,
            Pmovzxwq_xmm_xmmm32,
            Pmovzxdq_xmm_xmmm64,
            Pcmpgtq_xmm_xmmm128,
            Pminsb_xmm_xmmm128,
            Pminsd_xmm_xmmm128,
            Pminuw_xmm_xmmm128,
            Pminud_xmm_xmmm128,
            Pmaxsb_xmm_xmmm128,
            Pmaxsd_xmm_xmmm128,
            Pmaxuw_xmm_xmmm128,
            Pmaxud_xmm_xmmm128,
            Pmulld_xmm_xmmm128,
            Phminposuw_xmm_xmmm128,
            Blendps_xmm_xmmm128_imm8,
            Blendpd_xmm_xmmm128_imm8,
            Pblendw_xmm_xmmm128_imm8,
            Pextrb_r32m8_xmm_imm8, Pextrb_r64m8_xmm_imm8,
            Pextrw_r32m16_xmm_imm8, Pextrw_r64m16_xmm_imm8,
            Pextrd_rm32_xmm_imm8,
            Pextrq_rm64_xmm_imm8,
            Extractps_rm32_xmm_imm8, Extractps_r64m32_xmm_imm8,
            Pinsrb_xmm_r32m8_imm8, Pinsrb_xmm_r64m8_imm8,
            Insertps_xmm_xmmm32_imm8,
            Pinsrd_xmm_rm32_imm8,
            Pinsrq_xmm_rm64_imm8,
            Mpsadbw_xmm_xmmm128_imm8,
            Pcmpestrm_xmm_xmmm128_imm8,
            Pcmpestrm64_xmm_xmmm128_imm8,
            Pcmpestri_xmm_xmmm128_imm8,
            Pcmpestri64_xmm_xmmm128_imm8,
            Pcmpistrm_xmm_xmmm128_imm8,
            Pcmpistri_xmm_xmmm128_imm8),
    ];
}
