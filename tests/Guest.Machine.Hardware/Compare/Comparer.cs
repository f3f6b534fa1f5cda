using System.Runtime.InteropServices;
using Guest.Machine.Hardware.Generate;
using Guest.Machine.Hardware.Native;
using Iced.Intel;

namespace Guest.Machine.Hardware.Compare;

/// <summary>Runs one case on two CPUs and says whether they agree.</summary>
/// <remarks>Memory is put back to its pristine contents after each case that could have written.</remarks>
public sealed class Comparer
{
    private static readonly ulong[] imageMask = BuildImageMask();
    private readonly ICpuUnderTest reference;
    private readonly ICpuUnderTest tested;
    private readonly byte[] pristineData = new byte[Arena.DataSize];
    private readonly byte[] pristineMixed = new byte[Arena.MixedSize];

    /// <summary>The state the reference ended with.</summary>
    public CpuSnapshot Expected;

    /// <summary>The state the tested CPU ended with.</summary>
    public CpuSnapshot Actual;

    /// <summary>Creates a comparer and fills both memories with the same bytes.</summary>
    public Comparer(ICpuUnderTest reference, ICpuUnderTest tested)
    {
        this.reference = reference;
        this.tested = tested;
        var rng = new Rng(1);
        Fill(ref rng, pristineData);
        Fill(ref rng, pristineMixed);
        Restore();
    }

    /// <summary>How the reference ended.</summary>
    public Outcome ExpectedOutcome { get; private set; }

    /// <summary>How the tested CPU ended.</summary>
    public Outcome ActualOutcome { get; private set; }

    /// <summary>Offset of the first differing byte of memory in the data or (from <see cref="Arena.DataSize"/>) the mixed window; -1 for none.</summary>
    public int MemoryDifference { get; private set; }

    /// <summary>The reference's bytes around a difference of memory.</summary>
    public byte[] ExpectedBytes { get; } = new byte[16];

    /// <summary>The tested CPU's bytes around a difference of memory.</summary>
    public byte[] ActualBytes { get; } = new byte[16];

    /// <summary>Puts the case's instruction into both code windows.</summary>
    public void Load(Case target)
    {
        reference.SetCode(target.Instance.Address, target.Instance.Bytes.AsSpan(0, target.Instance.Length));
        tested.SetCode(target.Instance.Address, target.Instance.Bytes.AsSpan(0, target.Instance.Length));
    }

    /// <summary>Runs the case on both.</summary>
    /// <returns>True where everything that is defined agrees.</returns>
    public bool Run(Case target)
    {
        bool memory = target.Instance.Memory.Count != 0;
        if (memory)
        {
            Poke(target, reference);
            Poke(target, tested);
        }

        Expected = target.State;
        Actual = target.State;
        ExpectedOutcome = reference.Run(ref Expected);
        ActualOutcome = tested.Run(ref Actual);
        MemoryDifference = -1;
        bool open = ExpectedOutcome == Outcome.Completed && Undefined.Results(target.Instance.Decoded, target.State);
        bool either = ExpectedOutcome != ActualOutcome && Exemptions.EitherOutcome(target, ExpectedOutcome, ActualOutcome);
        either |= ExpectedOutcome != ActualOutcome && VendorOutcomes.Accepts(target, Expected, ExpectedOutcome, ActualOutcome);
        bool alike = ExpectedOutcome == ActualOutcome || FaultChoice.IsFree(target, Actual, ExpectedOutcome, ActualOutcome);
        bool same = either || (alike && (open || StatesAgree(target)));
        if (memory)
        {
            same &= open || either || MemoryAgrees(target);
            Restore();
        }

        return same;
    }

    /// <summary>Runs the case on both; once more where they differ, which counts unless it was the host that differed from itself.</summary>
    public bool Run(Case target, Tally tally)
    {
        if (Run(target))
        {
            return true;
        }

        (CpuSnapshot first, Outcome outcome) = (Expected, ExpectedOutcome);
        bool disturbed = Run(target) && (tested is HostAgain || outcome != ExpectedOutcome || !Bytes(ref first).SequenceEqual(Bytes(ref Expected)));
        tally.Disturbed += disturbed ? 1 : 0;
        return disturbed;
    }

    private static ReadOnlySpan<byte> Bytes(ref CpuSnapshot state) => MemoryMarshal.AsBytes(MemoryMarshal.CreateReadOnlySpan(ref state, 1));

    private bool StatesAgree(Case target)
    {
        ulong flags = CpuSnapshot.FlagBits;
        if (ExpectedOutcome == Outcome.Completed)
        {
            flags &= ~Undefined.Flags(target.Instance.Decoded, target.State);
        }

        VendorOutcomes.Align(target, ExpectedOutcome, ref Expected, ref Actual);
        ulong difference = ((Expected.Rflags ^ Actual.Rflags) & flags) | (Expected.Rip ^ Actual.Rip) | (Expected.GsBase ^ Actual.GsBase);
        for (int i = 0; i < 16; i++)
        {
            difference |= Expected.Gpr[i] ^ Actual.Gpr[i];
        }

        Exemptions.Apply(target, ExpectedOutcome, ref Expected, ref Actual, ref difference);
        return difference == 0 && ImagesAgree(Expected.Xsave.Quads, Actual.Xsave.Quads);
    }

    private static bool ImagesAgree(ReadOnlySpan<ulong> expected, ReadOnlySpan<ulong> actual)
    {
        ulong difference = 0;
        for (int i = 0; i < imageMask.Length; i++)
        {
            difference |= (expected[i] ^ actual[i]) & imageMask[i];
        }

        return difference == 0;
    }

    /// <summary>Whether a quadword of the saved image differs where it counts.</summary>
    public static ulong ImageDifference(in CpuSnapshot expected, in CpuSnapshot actual, int quad) =>
        (expected.Xsave[quad] ^ actual.Xsave[quad]) & imageMask[quad];

    private bool MemoryAgrees(Case target)
    {
        Exemptions.ApplyToMemory(target, ExpectedOutcome, reference, tested);
        return WindowAgrees(reference.Data, tested.Data, 0)
            && WindowAgrees(reference.Mixed, tested.Mixed, Arena.DataSize);
    }

    private bool WindowAgrees(ReadOnlySpan<byte> expected, ReadOnlySpan<byte> actual, int offset)
    {
        if (expected.SequenceEqual(actual))
        {
            return true;
        }

        int at = expected.CommonPrefixLength(actual);
        MemoryDifference = offset + at;
        int start = Math.Min(at, expected.Length - 16);
        expected.Slice(start, 16).CopyTo(ExpectedBytes);
        actual.Slice(start, 16).CopyTo(ActualBytes);
        return false;
    }

    private static void Poke(Case target, ICpuUnderTest cpu)
    {
        for (int i = target.Pokes - 1; i >= 0; i--)
        {
            Write(cpu.Data, Arena.Data, target.PokeAddress[i], target.Poke(i));
            Write(cpu.Mixed, Arena.Mixed, target.PokeAddress[i], target.Poke(i));
        }
    }

    /// <summary>Writes the part of <paramref name="bytes"/> that falls into a window.</summary>
    internal static void Write(Span<byte> window, ulong start, ulong address, ReadOnlySpan<byte> bytes)
    {
        long at = (long)(address - start);
        if (at >= window.Length || at <= -bytes.Length)
        {
            return;
        }

        int skip = at < 0 ? (int)-at : 0;
        int count = Math.Min(bytes.Length - skip, window.Length - (int)at - skip);
        bytes.Slice(skip, count).CopyTo(window[((int)at + skip)..]);
    }

    private void Restore()
    {
        pristineData.CopyTo(reference.Data);
        pristineMixed.CopyTo(reference.Mixed);
        pristineData.CopyTo(tested.Data);
        pristineMixed.CopyTo(tested.Mixed);
    }

    private static void Fill(ref Rng rng, Span<byte> window)
    {
        foreach (ref ulong quad in MemoryMarshal.Cast<byte, ulong>(window))
        {
            quad = Values.Integer(ref rng, 64);
        }
    }

    private static ulong[] BuildImageMask()
    {
        var mask = new ulong[104];
        mask[0] = 0x0000_00FF_FFFF_FFFF; // FCW, FSW, FTW; not FOP
        mask[3] = 0x0000_0000_FFFF_FFFF; // MXCSR; not its mask
        for (int place = 0; place < 8; place++)
        {
            mask[4 + (2 * place)] = ulong.MaxValue;
            mask[5 + (2 * place)] = 0xFFFF;
        }

        Array.Fill(mask, ulong.MaxValue, 20, 32);
        Array.Fill(mask, ulong.MaxValue, 72, 32);
        return mask;
    }
}
