using System.Runtime.CompilerServices;
using Guest.Machine.Native;
using Guest.Machine.X86.Decode;
using Guest.Machine.X86.HostCode;
using Iced.Intel;
using static Iced.Intel.Code;

namespace Guest.Machine.X86.Semantics;

/// <summary>x87 instructions that are the host's own on the guest's registers.</summary>
/// <remarks>
/// Instruction and data pointers stay zero, and condition codes that the manual leaves undefined keep their values (Defined). The
/// transcendental functions differ between vendors: the state notes that one has run.
/// </remarks>
internal static class X87Host
{
    private const ulong C0 = (ulong)X87.C0 << 16;
    private const ulong C2 = (ulong)X87.C2 << 16;
    private const ulong C3 = (ulong)X87.C3 << 16;
    private const ulong FxWords = 0x0000_00FF_FFFF_FFFF;
    private const int ImageQuadwords = 20;

    // The quadword of MXCSR and its mask: what the host's own code runs with.
    private const ulong HostMxcsr = 0x0000_FFFF_0000_1F80;

    /// <summary>The rows.</summary>
    internal static IEnumerable<InstructionRow> Rows() =>
    [
        .. Rows(Arithmetic, null,
            Fadd_st0_sti, Fmul_st0_sti, Fsub_st0_sti, Fsubr_st0_sti, Fdiv_st0_sti, Fdivr_st0_sti,
            Fadd_sti_st0, Fmul_sti_st0, Fsub_sti_st0, Fsubr_sti_st0, Fdiv_sti_st0, Fdivr_sti_st0,
            Faddp_sti_st0, Fmulp_sti_st0, Fsubp_sti_st0, Fsubrp_sti_st0, Fdivp_sti_st0, Fdivrp_sti_st0,
            Fld_sti, Fxch_st0_sti, Fxch_st0_sti_DDC8, Fxch_st0_sti_DFC8, Fst_sti, Fstp_sti, Fstp_sti_DFD0, Fstp_sti_DFD8, Fstpnce_sti,
            Ffree_sti, Ffreep_sti, Fincstp, Fdecstp, Fchs, Fabs, Fsqrt, Frndint, Fscale, Fxtract,
            Fld1, Fldl2t, Fldl2e, Fldpi, Fldlg2, Fldln2, Fldz,
            Fcmovb_st0_sti, Fcmove_st0_sti, Fcmovbe_st0_sti, Fcmovu_st0_sti,
            Fcmovnb_st0_sti, Fcmovne_st0_sti, Fcmovnbe_st0_sti, Fcmovnu_st0_sti,
            Fcomi_st0_sti, Fcomip_st0_sti, Fucomi_st0_sti, Fucomip_st0_sti),
        .. Rows(null, ArithmeticLoad,
            Fadd_m32fp, Fmul_m32fp, Fsub_m32fp, Fsubr_m32fp, Fdiv_m32fp, Fdivr_m32fp,
            Fadd_m64fp, Fmul_m64fp, Fsub_m64fp, Fsubr_m64fp, Fdiv_m64fp, Fdivr_m64fp,
            Fiadd_m32int, Fimul_m32int, Fisub_m32int, Fisubr_m32int, Fidiv_m32int, Fidivr_m32int,
            Fiadd_m16int, Fimul_m16int, Fisub_m16int, Fisubr_m16int, Fidiv_m16int, Fidivr_m16int,
            Fld_m32fp, Fld_m64fp, Fld_m80fp, Fild_m16int, Fild_m32int, Fild_m64int, Fbld_m80bcd),
        .. Rows(null, Store,
            Fst_m32fp, Fst_m64fp, Fstp_m32fp, Fstp_m64fp, Fstp_m80fp, Fist_m16int, Fist_m32int, Fistp_m16int, Fistp_m32int, Fistp_m64int,
            Fisttp_m16int, Fisttp_m32int, Fisttp_m64int, Fbstp_m80bcd),
        .. Rows(Compare, null,
            Fcom_st0_sti, Fcom_st0_sti_DCD0, Fcomp_st0_sti, Fcomp_st0_sti_DCD8, Fcomp_st0_sti_DED0, Fcompp,
            Fucom_st0_sti, Fucomp_st0_sti, Fucompp, Ftst, Fxam),
        .. Rows(null, CompareLoad,
            Fcom_m32fp, Fcomp_m32fp, Fcom_m64fp, Fcomp_m64fp, Ficom_m16int, Ficomp_m16int, Ficom_m32int, Ficomp_m32int),
        .. Rows(Transcendental, null, F2xm1, Fyl2x, Fyl2xp1, Fptan, Fpatan, Fsin, Fcos, Fsincos),
    ];

    /// <summary>Executes a stub on the guest's registers; condition codes in <paramref name="kept"/> (of the image's first quadword) stay.</summary>
    internal static void Execute(Vcpu cpu, nint stub, nint memory, ulong kept)
    {
        ref CpuState s = ref cpu.State;
        nint room = cpu.ImageRoom;
        Span<ulong> image = Raw.Span<ulong>(room, ImageQuadwords);
        Span<ulong> registers = ((Span<ulong>)s.Fx)[..ImageQuadwords];
        registers.CopyTo(image);
        image[3] = HostMxcsr;
        ulong flags = StubCall.X87(stub, room, memory, Flags.GetStatus(ref s) | 2);
        registers[0] = (image[0] & FxWords & ~kept) | (registers[0] & kept);
        for (int i = 4; i < ImageQuadwords; i += 2)
        {
            registers[i] = image[i];
            registers[i + 1] = (ushort)image[i + 1];
        }

        if (flags != 0)
        {
            Flags.SetStatus(ref s, flags);
        }
    }

    private static IEnumerable<InstructionRow> Rows(OpHandler? register, OpHandler? memory, params Code[] codes) =>
        codes.Select(code => new InstructionRow(code, register, memory, ResultKind.Host, Prepare));

    private static void Prepare(in Instruction instruction, ref Op op) => op.Stub = X87Stubs.Find(instruction);

    private static void Arithmetic(Vcpu cpu, ref Op op)
    {
        cpu.CheckX87();
        Execute(cpu, op.Stub, 0, C0 | C2 | C3);
    }

    private static void ArithmeticLoad(Vcpu cpu, ref Op op)
    {
        cpu.CheckX87();
        Execute(cpu, op.Stub, cpu.Source(cpu.Address(ref op), op.MemorySize), C0 | C2 | C3);
    }

    private static void Compare(Vcpu cpu, ref Op op)
    {
        cpu.CheckX87();
        Execute(cpu, op.Stub, 0, 0);
    }

    private static void CompareLoad(Vcpu cpu, ref Op op)
    {
        cpu.CheckX87();
        Execute(cpu, op.Stub, cpu.Source(cpu.Address(ref op), op.MemorySize), 0);
    }

    private static void Transcendental(Vcpu cpu, ref Op op)
    {
        cpu.CheckX87();
        cpu.State.VendorDependentUsed = true;
        ulong kept = op.Code is F2xm1 or Fyl2x or Fyl2xp1 or Fpatan ? C0 | C2 | C3 : C0 | C3;
        Execute(cpu, op.Stub, 0, kept);
    }

    // With an unmasked exception other than inexact nothing is stored (Intel SDM 1 8.5): the host leaves the target alone then, and so do we.
    private static void Store(Vcpu cpu, ref Op op)
    {
        cpu.CheckX87();
        ulong address = cpu.Address(ref op);
        nint target = cpu.Target(address, op.MemorySize);
        Execute(cpu, op.Stub, target, C0 | C2 | C3);
        ref CpuState s = ref cpu.State;
        int unmasked = X87State.Status(ref s) & ~X87State.Control(ref s) & X87.Exceptions & ~X87.Precision;
        if (target == cpu.OperandRoom && unmasked == 0)
        {
            cpu.StoreBytes(address, Raw.Span(target, op.MemorySize));
        }
    }
}
