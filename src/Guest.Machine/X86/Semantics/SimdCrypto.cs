using Guest.Machine.X86.Decode;
using static Iced.Intel.Code;

namespace Guest.Machine.X86.Semantics;

/// <summary>AES, carry-less multiplication and SHA: instructions that are the host's own on the guest's values. One line for each name.</summary>
internal static class SimdCrypto
{
    /// <summary>The rows.</summary>
    internal static IEnumerable<InstructionRow> Rows() =>
    [
        .. SimdRow.Plain(
            Sha1nexte_xmm_xmmm128,
            Sha1msg1_xmm_xmmm128,
            Sha1msg2_xmm_xmmm128,
            Sha256rnds2_xmm_xmmm128,
            Sha256msg1_xmm_xmmm128,
            Sha256msg2_xmm_xmmm128,
            Aesimc_xmm_xmmm128,
            VEX_Vaesimc_xmm_xmmm128,
            Aesenc_xmm_xmmm128,
            VEX_Vaesenc_xmm_xmm_xmmm128,
            Aesenclast_xmm_xmmm128,
            VEX_Vaesenclast_xmm_xmm_xmmm128,
            Aesdec_xmm_xmmm128,
            VEX_Vaesdec_xmm_xmm_xmmm128,
            Aesdeclast_xmm_xmmm128,
            VEX_Vaesdeclast_xmm_xmm_xmmm128,
            Pclmulqdq_xmm_xmmm128_imm8,
            VEX_Vpclmulqdq_xmm_xmm_xmmm128_imm8,
            Sha1rnds4_xmm_xmmm128_imm8,
            Aeskeygenassist_xmm_xmmm128_imm8,
            VEX_Vaeskeygenassist_xmm_xmmm128_imm8),
    ];
}
