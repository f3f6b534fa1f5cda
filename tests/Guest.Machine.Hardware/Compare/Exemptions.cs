using Guest.Machine.Hardware.Generate;
using Iced.Intel;

namespace Guest.Machine.Hardware.Compare;

/// <summary>Parts of results that vendors are free to differ in, and which therefore are ours (docs/defined-results.md): made equal before the comparison.</summary>
internal static class Exemptions
{
    /// <summary>Register results.</summary>
    public static void Apply(Case target, Outcome outcome, ref CpuSnapshot expected, ref CpuSnapshot actual, ref ulong difference)
    {
        ref readonly Instruction decoded = ref target.Instance.Decoded;
        if (outcome.Vector >= 0)
        {
            AtFault(decoded, ref expected, ref actual, ref difference);
        }

        else if (Exclusions.IsApproximation(decoded.Code))
        {
            Approximations.Accept(decoded, ref expected, ref actual);
        }

        if (decoded.Mnemonic is Mnemonic.Bsf or Mnemonic.Bsr && (expected.Rflags & 0x40) != 0 && (actual.Rflags & 0x40) != 0)
        {
            int register = RegisterPlaces.Number(decoded.Op0Register);
            ulong ours = expected.Gpr[register] ^ actual.Gpr[register];
            difference = Recompute(expected, actual, register, difference, ours);
        }
    }

    private static void AtFault(in Instruction decoded, ref CpuSnapshot expected, ref CpuSnapshot actual, ref ulong difference)
    {
        if (decoded.Mnemonic is Mnemonic.Popa or Mnemonic.Popad)
        {
            // Which registers are loaded already.
            difference = (expected.Rip ^ actual.Rip) | (expected.Gpr[4] ^ actual.Gpr[4]) | ((expected.Rflags ^ actual.Rflags) & CpuSnapshot.FlagBits);
        }

        if (decoded.Mnemonic == Mnemonic.Maskmovq || decoded.Code is Code.Movd_rm32_mm or Code.Movq_rm64_mm or Code.Movq_mmm64_mm or Code.Movntq_m64_mm)
        {
            // Whether the switch to MMX state has happened.
            expected.Xsave.Quads[..20].CopyTo(actual.Xsave.Quads);
        }
        else if (IsGather(decoded.Mnemonic))
        {
            // How far the elements and the widening of the mask have come.
            CopyVector(decoded.Op0Register.GetNumber(), ref expected, ref actual);
            CopyVector(decoded.Op2Register.GetNumber(), ref expected, ref actual);
        }
    }

    private static bool IsGather(Mnemonic mnemonic) => mnemonic is Mnemonic.Vgatherdps or Mnemonic.Vgatherdpd or Mnemonic.Vgatherqps
        or Mnemonic.Vgatherqpd or Mnemonic.Vpgatherdd or Mnemonic.Vpgatherdq or Mnemonic.Vpgatherqd or Mnemonic.Vpgatherqq;

    private static void CopyVector(int register, ref CpuSnapshot expected, ref CpuSnapshot actual)
    {
        expected.XmmLow(register).CopyTo(actual.XmmLow(register));
        expected.YmmHigh(register).CopyTo(actual.YmmHigh(register));
    }

    private static bool IsWideSegment(Case target) => target.Instance.Decoded.Code is Code.Pushd_ES or Code.Pushd_CS or Code.Pushd_SS
        or Code.Pushd_DS or Code.Pushd_FS or Code.Pushd_GS;

    private static bool Crosses(Case target) =>
        ((target.PokeAddress[0] ^ (target.PokeAddress[0] + (ulong)target.PokeSize[0] - 1)) & ~0xFFFUL) != 0;

    private static bool SelectsAll(Case target)
    {
        Register mask = target.Instance.Decoded.Op2Register;
        if (!mask.IsXMM())
        {
            return false;
        }

        Span<ulong> quads = target.State.XmmLow(mask.GetNumber());
        return (quads[0] & quads[1] & 0x8080_8080_8080_8080) == 0x8080_8080_8080_8080;
    }

    private static bool SamePage(Outcome expected, Outcome actual) =>
        expected.Vector == 14 && actual.Vector == 14 && expected.ErrorCode == actual.ErrorCode && (expected.Address ^ actual.Address) < Arena.Page;

    /// <summary>Outcomes of one instruction in which the vendors differ.</summary>
    public static bool EitherOutcome(Case target, Outcome expected, Outcome actual) => target.Instance.Decoded.Mnemonic switch
    {
        // A call to an address that is not canonical over a bad stack: either fault may come first.
        Mnemonic.Call => expected.Vector is 12 or 14 or 17 && actual.Vector == 13,

        // UD0 and UD1 have a ModRM byte for Intel, which may lie on a missing page, and none for AMD.
        Mnemonic.Ud0 or Mnemonic.Ud1 => expected.Vector == 6 && actual.Vector == 14 && (actual.ErrorCode & 0x10) != 0,

        // AMD asks for no alignment here.
        Mnemonic.Sha1msg1 or Mnemonic.Sha1msg2 or Mnemonic.Sha1nexte or Mnemonic.Sha1rnds4 or Mnemonic.Sha256msg1 or Mnemonic.Sha256msg2
            or Mnemonic.Sha256rnds2 => actual.Vector == 13 && target.Pokes != 0 && (target.PokeAddress[0] & 15) != 0,

        // Which byte of a large area is touched first, and whether its header is judged before, is up to the processor.
        Mnemonic.Fnsave or Mnemonic.Frstor or Mnemonic.Fnstenv or Mnemonic.Fldenv or Mnemonic.Fxsave or Mnemonic.Fxsave64 or Mnemonic.Fxrstor
            or Mnemonic.Fxrstor64 or Mnemonic.Xsave or Mnemonic.Xsave64 or Mnemonic.Xsavec or Mnemonic.Xsavec64 or Mnemonic.Xsaveopt
            or Mnemonic.Xsaveopt64 or Mnemonic.Xrstor or Mnemonic.Xrstor64 =>
            (expected.Vector == 14 && actual.Vector == 14)
            || (expected.Vector is 12 or 13 or 17 && actual.Vector is 13 or 17) || (expected.Vector == 14 && actual.Vector == 13 && Crosses(target)),

        // The upper half of the slot is written or not.
        Mnemonic.Push => IsWideSegment(target) && (expected.Vector is 14 or 17) && (actual.Vector is Outcome.None or 14),

        // Bytes that are not selected may fault or not.
        Mnemonic.Maskmovq or Mnemonic.Maskmovdqu or Mnemonic.Vmaskmovdqu => SamePage(expected, actual) || (expected.Vector > 0 && !SelectsAll(target))
            || IsOtherPage(expected, actual),
        _ => false,
    };

    // Both pages of an operand over a page's end fault, and each side reports another one.
    private static bool IsOtherPage(Outcome expected, Outcome actual) =>
        expected.Vector == 14 && actual.Vector == 14 && Math.Abs((long)(expected.Address - actual.Address)) < 16;

    /// <summary>Bytes in memory.</summary>
    public static void ApplyToMemory(Case target, Outcome outcome, ICpuUnderTest reference, ICpuUnderTest tested)
    {
        switch (target.Instance.Decoded.Mnemonic)
        {
            case Mnemonic.Call when outcome.Vector == 13:
                // The return address is stored before the target is judged, or not.
                BlankAt(target.State.Gpr[4] - 8, reference, tested, 8);
                break;
            case Mnemonic.Fstp or Mnemonic.Fbstp when outcome.Vector == 14 && target.Instance.Decoded.MemorySize is MemorySize.Float80 or MemorySize.Bcd:
                // The part before the page that faults is stored or not.
                Blank(target, reference, tested, 0, 10);
                break;
            case Mnemonic.Push when IsWideSegment(target):
                Blank(target, reference, tested, 2, 2);
                break;
            case Mnemonic.Fxsave or Mnemonic.Fxsave64:
                Blank(target, reference, tested, 6, 18);
                Blank(target, reference, tested, 28, 4);
                break;
            case Mnemonic.Xsave or Mnemonic.Xsave64 or Mnemonic.Xsaveopt or Mnemonic.Xsaveopt64 or Mnemonic.Xsavec or Mnemonic.Xsavec64:
                Blank(target, reference, tested, 6, 18);
                Blank(target, reference, tested, 28, 4);
                Blank(target, reference, tested, 512, 8);
                break;
            case Mnemonic.Fnstenv or Mnemonic.Fnsave:
                bool narrow = target.Instance.Decoded.Code is Code.Fnstenv_m14byte or Code.Fnsave_m94byte;
                Blank(target, reference, tested, narrow ? 6 : 12, narrow ? 8 : 16);
                break;
        }
    }

    private static void Blank(Case target, ICpuUnderTest reference, ICpuUnderTest tested, int offset, int size) =>
        BlankAt(target.PokeAddress[0] + (ulong)offset, reference, tested, size);

    private static void BlankAt(ulong address, ICpuUnderTest reference, ICpuUnderTest tested, int size)
    {
        ReadOnlySpan<byte> zeros = stackalloc byte[64];
        foreach (ICpuUnderTest cpu in (ReadOnlySpan<ICpuUnderTest>)[reference, tested])
        {
            Comparer.Write(cpu.Data, Arena.Data, address, zeros[..size]);
            Comparer.Write(cpu.Mixed, Arena.Mixed, address, zeros[..size]);
        }
    }

    private static ulong Recompute(in CpuSnapshot expected, in CpuSnapshot actual, int register, ulong difference, ulong ours)
    {
        ulong others = 0;
        for (int i = 0; i < 16; i++)
        {
            others |= i == register ? 0 : expected.Gpr[i] ^ actual.Gpr[i];
        }

        return ours == 0 ? difference : others;
    }
}
