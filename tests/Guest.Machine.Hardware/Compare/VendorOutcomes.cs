using Guest.Machine.Hardware.Generate;
using Iced.Intel;

namespace Guest.Machine.Hardware.Compare;

/// <summary>Where Intel's and AMD's processors end the same instruction differently; what ours does is in docs/defined-results.md.</summary>
internal static class VendorOutcomes
{
    private const ulong AlignmentCheck = 0x4_0000;
    private const ulong StatusFlags = 0x8D5;
    private const ushort ErrorSummary = 0x80;
    private const ulong AreaBytes = 832;
    private const int Rcx = 1, Rsi = 6, Rdi = 7;

    /// <summary>Whether two different outcomes are each one maker's.</summary>
    /// <param name="target">The case.</param>
    /// <param name="after">The host's state afterwards.</param>
    /// <param name="expected">The host's outcome.</param>
    /// <param name="actual">Ours.</param>
    public static bool Accepts(Case target, in CpuSnapshot after, Outcome expected, Outcome actual) =>
        IsVectorAlignment(target, expected)
        || IsHalfAlignment(target, actual)
        || IsEarlier(target, expected, actual)
        || IsNotStored(target, after, expected, actual)
        || IsLegacyRegion(target, expected, actual)
        || IsUnusedRegion(target, expected, actual)
        || IsSameElement(target, expected, actual);

    /// <summary>Makes equal what the makers leave differently in registers and flags.</summary>
    public static void Align(Case target, Outcome outcome, ref CpuSnapshot expected, ref CpuSnapshot actual)
    {
        ref readonly Instruction decoded = ref target.Instance.Decoded;
        bool faults = outcome.Vector >= 0;
        if (faults && decoded.Mnemonic is Mnemonic.Xrstor or Mnemonic.Xrstor64)
        {
            expected.Xsave.Quads.CopyTo(actual.Xsave.Quads);
        }

        if (faults && decoded.Mnemonic == Mnemonic.Vcvtps2ph)
        {
            actual.Mxcsr = expected.Mxcsr;
        }

        if (!decoded.IsStringInstruction || !(decoded.HasRepePrefix || decoded.HasRepnePrefix))
        {
            return;
        }

        if (faults && IsComparing(decoded.Mnemonic))
        {
            actual.Rflags = (actual.Rflags & ~StatusFlags) | (expected.Rflags & StatusFlags);
        }

        if (target.Instance.Memory[0].AddressSize == CodeSize.Code32 && (faults || (uint)target.State.Gpr[Rcx] == 0))
        {
            foreach (int register in (ReadOnlySpan<int>)[Rcx, Rsi, Rdi])
            {
                actual.Gpr[register] = (uint)actual.Gpr[register] | (expected.Gpr[register] & ~(ulong)uint.MaxValue);
            }
        }
    }

    private static bool IsComparing(Mnemonic mnemonic) => mnemonic is Mnemonic.Cmpsb or Mnemonic.Cmpsw or Mnemonic.Cmpsd or Mnemonic.Cmpsq
        or Mnemonic.Scasb or Mnemonic.Scasw or Mnemonic.Scasd or Mnemonic.Scasq;

    // AMD checks the alignment of vectors, Intel only that of operands of up to 8 bytes.
    private static bool IsVectorAlignment(Case target, Outcome expected) =>
        expected.Vector == 17 && (target.State.Rflags & AlignmentCheck) != 0
        && target.Instance.Memory is [var memory] && memory.MemorySize.GetSize() is 16 or 32 && (Effective.Address(target.State, memory) & 15) != 0;

    // Intel checks no alignment in conversions of half floats either.
    private static bool IsHalfAlignment(Case target, Outcome actual) =>
        actual.Vector == 17 && (target.State.Rflags & AlignmentCheck) != 0 && target.Instance.Decoded.Mnemonic is Mnemonic.Vcvtph2ps or Mnemonic.Vcvtps2ph;

    // Intel compares with the lower bound before it reads the upper one, converts before it looks at where the result goes, and judges the
    // header of a saved image before it reads the rest.
    private static bool IsEarlier(Case target, Outcome expected, Outcome actual) =>
        actual.Vector is 12 or 13 or 14 && target.Instance.Decoded.Mnemonic switch
        {
            Mnemonic.Bound => expected.Vector == 5,
            Mnemonic.Vcvtps2ph => expected.Vector == 19,
            Mnemonic.Xrstor or Mnemonic.Xrstor64 => expected.Vector == 13,
            _ => false,
        };

    // Intel stores nothing where the result raises an unmasked exception, and so does not find out that it could not.
    private static bool IsNotStored(Case target, in CpuSnapshot after, Outcome expected, Outcome actual) =>
        expected == Outcome.Completed && actual.Vector is 12 or 13 or 14 or 17 && (after.StatusWord & ErrorSummary) != 0
        && target.Instance.Decoded.Mnemonic is Mnemonic.Fst or Mnemonic.Fstp or Mnemonic.Fist or Mnemonic.Fistp or Mnemonic.Fisttp or Mnemonic.Fbstp;

    // Intel leaves alone a legacy region of which RAX, or the header that XRSTOR reads, asks nothing.
    private static bool IsLegacyRegion(Case target, Outcome expected, Outcome actual) =>
        expected == Outcome.Completed && actual.Vector == 14 && target.Instance.Decoded.Mnemonic switch
        {
            Mnemonic.Xsave or Mnemonic.Xsave64 or Mnemonic.Xsavec or Mnemonic.Xsavec64 or Mnemonic.Xsaveopt or Mnemonic.Xsaveopt64 => (target.State.Gpr[0] & 3) == 0,
            Mnemonic.Xrstor or Mnemonic.Xrstor64 => true,
            _ => false,
        };

    // Intel looks at the whole of a compacted image, also where it holds less.
    private static bool IsUnusedRegion(Case target, Outcome expected, Outcome actual) =>
        expected.Vector == 14 && actual == Outcome.Completed && target.Instance.Decoded.Mnemonic is Mnemonic.Xrstor or Mnemonic.Xrstor64
        && expected.Address - Effective.Address(target.State, target.Instance.Memory[0]) < AreaBytes;

    // An element over the end of a page: its first byte there, or the operand's first byte there.
    private static bool IsSameElement(Case target, Outcome expected, Outcome actual) =>
        expected.Vector == 14 && actual.Vector == 14 && expected.ErrorCode == actual.ErrorCode && (expected.Address ^ actual.Address) < Arena.Page
        && target.Instance.Decoded.Mnemonic is Mnemonic.Vmaskmovps or Mnemonic.Vmaskmovpd or Mnemonic.Vpmaskmovd or Mnemonic.Vpmaskmovq;
}
