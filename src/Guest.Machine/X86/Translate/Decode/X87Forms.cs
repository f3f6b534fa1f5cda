using Iced.Intel;
using static Iced.Intel.Code;

namespace Guest.Machine.X86.Translate.Decode;

/// <summary>The x87 instructions that the host's unit executes as they are: those whose results two vendors agree on, and that leave alone what the manual leaves open.</summary>
internal static class X87Forms
{
    private static readonly HashSet<Code> s_codes =
    [
        Fadd_st0_sti, Fmul_st0_sti, Fsub_st0_sti, Fsubr_st0_sti, Fdiv_st0_sti, Fdivr_st0_sti,
        Fadd_sti_st0, Fmul_sti_st0, Fsub_sti_st0, Fsubr_sti_st0, Fdiv_sti_st0, Fdivr_sti_st0,
        Faddp_sti_st0, Fmulp_sti_st0, Fsubp_sti_st0, Fsubrp_sti_st0, Fdivp_sti_st0, Fdivrp_sti_st0,
        Fld_sti, Fxch_st0_sti, Fxch_st0_sti_DDC8, Fxch_st0_sti_DFC8, Fst_sti, Fstp_sti, Fstp_sti_DFD0, Fstp_sti_DFD8, Fstpnce_sti, Ffree_sti, Ffreep_sti, Fincstp, Fdecstp, Fchs, Fabs, Fsqrt, Frndint,
        Fprem, Fprem1, Fscale, Fxtract, F2xm1, Fyl2x, Fyl2xp1, Fpatan, Fptan, Fsin, Fcos, Fsincos,
        Fld1, Fldl2t, Fldl2e, Fldpi, Fldlg2, Fldln2, Fldz,
        Fcmovb_st0_sti, Fcmove_st0_sti, Fcmovbe_st0_sti, Fcmovu_st0_sti, Fcmovnb_st0_sti, Fcmovne_st0_sti, Fcmovnbe_st0_sti, Fcmovnu_st0_sti,
        Fcomi_st0_sti, Fcomip_st0_sti, Fucomi_st0_sti, Fucomip_st0_sti,
        Fadd_m32fp, Fmul_m32fp, Fsub_m32fp, Fsubr_m32fp, Fdiv_m32fp, Fdivr_m32fp,
        Fadd_m64fp, Fmul_m64fp, Fsub_m64fp, Fsubr_m64fp, Fdiv_m64fp, Fdivr_m64fp,
        Fiadd_m32int, Fimul_m32int, Fisub_m32int, Fisubr_m32int, Fidiv_m32int, Fidivr_m32int,
        Fiadd_m16int, Fimul_m16int, Fisub_m16int, Fisubr_m16int, Fidiv_m16int, Fidivr_m16int,
        Fbld_m80bcd, Fbstp_m80bcd,
        Fld_m32fp, Fld_m64fp, Fld_m80fp, Fild_m16int, Fild_m32int, Fild_m64int,
        Fst_m32fp, Fst_m64fp, Fstp_m32fp, Fstp_m64fp, Fstp_m80fp, Fist_m16int, Fist_m32int, Fistp_m16int, Fistp_m32int, Fistp_m64int,
        Fisttp_m16int, Fisttp_m32int, Fisttp_m64int,
        Fcom_st0_sti, Fcom_st0_sti_DCD0, Fcomp_st0_sti, Fcomp_st0_sti_DCD8, Fcomp_st0_sti_DED0, Fcompp, Fucom_st0_sti, Fucomp_st0_sti, Fucompp, Ftst, Fxam,
        Fcom_m32fp, Fcomp_m32fp, Fcom_m64fp, Fcomp_m64fp, Ficom_m16int, Ficomp_m16int, Ficom_m32int, Ficomp_m32int,
        Fnstcw_m2byte, Fnstsw_m2byte, Fnstsw_AX, Fldcw_m2byte, Fnop, Wait,
        Fninit, Fnclex, Fneni, Fndisi, Fnsetpm,
        Fnstenv_m14byte, Fnstenv_m28byte, Fldenv_m14byte, Fldenv_m28byte, Fnsave_m94byte, Fnsave_m108byte, Frstor_m94byte, Frstor_m108byte,
    ];

    /// <summary>Whether an instruction is one of them.</summary>
    internal static bool IsTranslated(in Instruction instruction) => s_codes.Contains(instruction.Code) && (SaysCodes(instruction.Mnemonic) || X87Probe.KeepsCodes(instruction));

    /// <summary>How one of them is translated.</summary>
    internal static EmitKind Kind(Mnemonic mnemonic) => IsEnvironment(mnemonic) ? EmitKind.X87Environment : EmitKind.X87;

    /// <summary>Whether one does nothing.</summary>
    internal static bool DoesNothing(Mnemonic mnemonic) => mnemonic is Mnemonic.Wait or Mnemonic.Fnop or Mnemonic.Fneni or Mnemonic.Fndisi or Mnemonic.Fnsetpm;

    /// <summary>Whether results of one differ between vendors (<see cref="CpuState.VendorDependentUsed"/>).</summary>
    internal static bool IsTranscendental(Mnemonic mnemonic) => mnemonic is Mnemonic.F2xm1 or Mnemonic.Fyl2x or Mnemonic.Fyl2xp1 or Mnemonic.Fpatan or Mnemonic.Fptan or Mnemonic.Fsin or Mnemonic.Fcos or Mnemonic.Fsincos;

    private static bool IsEnvironment(Mnemonic mnemonic) => mnemonic is Mnemonic.Fnstenv or Mnemonic.Fldenv or Mnemonic.Fnsave or Mnemonic.Frstor;

    // Those that give the condition codes a value, or do nothing with the unit's registers.
    private static bool SaysCodes(Mnemonic mnemonic) => mnemonic is Mnemonic.Fcom or Mnemonic.Fcomp or Mnemonic.Fcompp or Mnemonic.Fucom or Mnemonic.Fucomp or Mnemonic.Fucompp
        or Mnemonic.Ftst or Mnemonic.Fxam or Mnemonic.Fprem or Mnemonic.Fprem1 or Mnemonic.Ficom or Mnemonic.Ficomp or Mnemonic.Fnstcw or Mnemonic.Fnstsw or Mnemonic.Fldcw or Mnemonic.Fninit
        || DoesNothing(mnemonic) || IsEnvironment(mnemonic);

    /// <summary>Whether one with a memory operand writes it.</summary>
    internal static bool Stores(Mnemonic mnemonic) => mnemonic is Mnemonic.Fst or Mnemonic.Fstp or Mnemonic.Fist or Mnemonic.Fistp or Mnemonic.Fisttp or Mnemonic.Fbstp or Mnemonic.Fnstcw or Mnemonic.Fnstsw or Mnemonic.Fnstenv or Mnemonic.Fnsave;

    /// <summary>What one does with the flags.</summary>
    internal static FlagUse Flags(Mnemonic mnemonic) => mnemonic switch
    {
        Mnemonic.Fcomi or Mnemonic.Fcomip or Mnemonic.Fucomi or Mnemonic.Fucomip => FlagUse.Writes,
        Mnemonic.Fcmovb or Mnemonic.Fcmove or Mnemonic.Fcmovbe or Mnemonic.Fcmovu or Mnemonic.Fcmovnb or Mnemonic.Fcmovne or Mnemonic.Fcmovnbe or Mnemonic.Fcmovnu => FlagUse.Reads,
        _ => FlagUse.None,
    };
}
