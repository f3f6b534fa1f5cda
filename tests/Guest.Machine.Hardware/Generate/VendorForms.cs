using System.Collections.Frozen;
using Iced.Intel;

namespace Guest.Machine.Hardware.Generate;

/// <summary>Forms of compared instructions that processors execute differently; the machine has its own rule for each, so the host is no judge.</summary>
public static class VendorForms
{
    // Map (upper byte) and opcode of VEX instructions that the machine has, and of those that it lacks and a host may have.
    private static readonly FrozenSet<int> ours = VexOpcodes(code => code.CpuidFeatures().All(TestedCodes.Features.Contains));
    private static readonly FrozenSet<int> others = VexOpcodes(code => !code.CpuidFeatures().All(TestedCodes.Features.Contains));

    /// <summary>The forms in words, for docs/instructions.md.</summary>
    public static IReadOnlyList<string> Listed { get; } =
    [
        "near branches with an operand-size prefix: AMD cuts the target to 16 bits",
        "LOOPE and LOOPNE with a repeat prefix: AMD lets the prefix choose the condition",
        "PAUSE (F3 90) with REX.B: AMD executes XCHG",
        "MOVSXD r16, m16: AMD reads 32 bits",
        "VPERMQ and VPERMPD with VEX.W clear: AMD ignores W, Intel raises #UD",
        "VPINSRD and VPEXTRD with VEX.W set outside 64-bit mode: Intel ignores W, AMD raises #UD",
        "LOCK MOV to and from a control register: AMD takes it for CR8, Intel raises #UD",
        "UD0 and UD1 whose ModRM byte lies on a missing page: AMD has no ModRM byte there and raises #UD",
        "CALL to an address that is not canonical: whether the return address is stored, and over a bad stack, which fault comes first",
        "SHA instructions with a misaligned operand: AMD asks for no alignment",
        "alignment checking of operands of 16 and 32 bytes: AMD raises #AC; of VCVTPH2PS and VCVTPS2PH: Intel raises none; VCVTPS2PH whose store faults: Intel has set MXCSR, or raises #XM",
        "MMX stores that fault: whether the switch to MMX state has happened",
        "BOUND whose first bound is violated and whose second cannot be read: Intel raises #BR",
        "x87 stores with an unmasked exception and a bad address: Intel does not look at the memory; ten-byte stores over a page's end: Intel stores the first part before the fault",
        "repeated string instructions with 32-bit addresses that do nothing or fault: Intel clears the upper halves of their registers; repeated CMPS and SCAS at a fault: Intel puts the flags back",
        "areas of saved state (FXSAVE, XSAVE, FNSAVE, FNSTENV and their loads): which byte a page fault names, #AC or #GP for misalignment, whether XRSTOR judges the header before the rest is read and what it has loaded at a fault, and whether regions that nothing is asked of are looked at",
        "MASKMOVQ, MASKMOVDQU: whether bytes that are not selected fault, the byte CR2 names, and the switch to MMX state at a fault",
        "PUSH of a segment register with 32 bits: Intel writes 16 bits and leaves the upper half of the slot, AMD clears it",
        "POPA: which registers are loaded at a fault",
        "illegal VEX encodings at an opcode where a processor with other extensions may have an instruction (AVX-512's mask instructions, for one)",
        "gathers: how far mask and destination have come at a fault",
        "instructions with two memory operands that both fault: which of the two faults is reported (the manual leaves the order to the processor)",
        "VMASKMOV and VPMASKMOV whose element crosses a page: which byte of it a page fault names",
        "VMASKMOV and VPMASKMOV with 16-bit addresses whose operand runs over offset FFFF: whether the address that a page fault reports wraps there",
    ];

    /// <summary>Why a form is left out; null where it is compared.</summary>
    /// <param name="decoded">The instruction.</param>
    /// <param name="bytes">Its bytes.</param>
    public static string? ReasonAgainst(in Instruction decoded, ReadOnlySpan<byte> bytes)
    {
        bool operandSize = false;
        bool @lock = false;
        bool repeat = false;
        byte rex = 0;
        ReadOnlySpan<byte> rest = bytes;
        while (rest.Length > 1 && IsPrefix(rest[0], decoded.CodeSize == CodeSize.Code64))
        {
            operandSize |= rest[0] == 0x66;
            repeat |= rest[0] is 0xF2 or 0xF3;
            @lock |= rest[0] == 0xF0;
            rex = (rest[0] & 0xF0) == 0x40 ? rest[0] : (byte)0;
            rest = rest[1..];
        }

        return decoded.Code switch
        {
            _ when operandSize && decoded.CodeSize == CodeSize.Code64 && Patching.IsBranch(decoded) => "AMD cuts the target of a near branch with an operand-size prefix to 16 bits",
            _ when repeat && (decoded.Mnemonic is Mnemonic.Loope or Mnemonic.Loopne) => "AMD lets a repeat prefix choose the condition of LOOPcc",
            Code.VEX_Vpinsrd_xmm_xmm_rm32_imm8 or Code.VEX_Vpextrd_rm32_xmm_imm8 when decoded.CodeSize == CodeSize.Code32 && rest is [0xC4, _, >= 0x80, ..] =>
                "AMD refuses VEX.W of VPINSRD and VPEXTRD outside 64-bit mode",
            Code.Pause when (rex & 1) != 0 => "AMD executes F3 90 with REX.B as XCHG",
            Code.Movsxd_r16_rm16 when decoded.Op1Kind == OpKind.Memory => "AMD reads 32 bits",
            Code.INVALID when rest is [0xC4, _, _, 0 or 1, ..] && (rest[1] & 0x1F) == 3 => "AMD ignores VEX.W of VPERMQ and VPERMPD",
            Code.INVALID when MayBeAnExtension(rest) => "a host may have an instruction there that the machine lacks",
            Code.INVALID when @lock && rest is [0x0F, 0x20 or 0x22, ..] => "AMD takes LOCK MOV CR0 for MOV CR8",
            _ => null,
        };
    }

    // With other bits the decoder may call illegal what a host executes (AVX-512's mask instructions ignore VEX.B).
    private static bool MayBeAnExtension(ReadOnlySpan<byte> bytes)
    {
        int opcode = bytes switch
        {
            [0xC4, var map, _, var last, ..] => ((map & 0x1F) << 8) | last,
            [0xC5, _, var last, ..] => 0x100 | last,
            _ => -1,
        };
        return opcode >= 0 && (!ours.Contains(opcode) || others.Contains(opcode));
    }

    private static FrozenSet<int> VexOpcodes(Func<Code, bool> wanted) => Enum.GetValues<Code>()
        .Where(code => code.ToOpCode() is { Encoding: EncodingKind.VEX, IsInstruction: true } && wanted(code))
        .Select(code => (Map(code.ToOpCode().Table) << 8) | (byte)code.ToOpCode().OpCode)
        .ToFrozenSet();

    private static int Map(OpCodeTableKind table) => table switch
    {
        OpCodeTableKind.T0F => 1,
        OpCodeTableKind.T0F38 => 2,
        OpCodeTableKind.T0F3A => 3,
        _ => 0,
    };

    private static bool IsPrefix(byte value, bool hasRex) => value is 0x26 or 0x2E or 0x36 or 0x3E or 0x64 or 0x65 or 0x66 or 0x67 or 0xF0 or 0xF2 or 0xF3
        || (hasRex && (value & 0xF0) == 0x40);
}
