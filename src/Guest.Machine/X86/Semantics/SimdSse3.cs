using Guest.Machine.X86.Decode;
using static Iced.Intel.Code;

namespace Guest.Machine.X86.Semantics;

/// <summary>SSE3 and SSSE3 on XMM registers: instructions that are the host's own on the guest's values. One line for each name.</summary>
internal static class SimdSse3
{
    /// <summary>The rows.</summary>
    internal static IEnumerable<InstructionRow> Rows() =>
    [
        .. SimdRow.Float(
            Haddpd_xmm_xmmm128,
            Haddps_xmm_xmmm128,
            Hsubpd_xmm_xmmm128,
            Hsubps_xmm_xmmm128,
            Addsubpd_xmm_xmmm128,
            Addsubps_xmm_xmmm128),
        .. SimdRow.Plain(
            Movsldup_xmm_xmmm128,
            Movddup_xmm_xmmm64,
            Movshdup_xmm_xmmm128,
            Lddqu_xmm_m128,
            Pshufb_xmm_xmmm128,
            Phaddw_xmm_xmmm128,
            Phaddd_xmm_xmmm128,
            Phaddsw_xmm_xmmm128,
            Pmaddubsw_xmm_xmmm128,
            Phsubw_xmm_xmmm128,
            Phsubd_xmm_xmmm128,
            Phsubsw_xmm_xmmm128,
            Psignb_xmm_xmmm128,
            Psignw_xmm_xmmm128,
            Psignd_xmm_xmmm128,
            Pmulhrsw_xmm_xmmm128,
            Pabsb_xmm_xmmm128,
            Pabsw_xmm_xmmm128,
            Pabsd_xmm_xmmm128,
            Palignr_xmm_xmmm128_imm8),
    ];
}
