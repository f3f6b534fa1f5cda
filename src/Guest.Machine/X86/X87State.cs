using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Guest.Machine.X86.HostCode;

namespace Guest.Machine.X86;

/// <summary>The x87 and MMX registers in <see cref="CpuState.Fx"/>: words, tags, register slots.</summary>
public static class X87State
{
    /// <summary>The image's 512 bytes.</summary>
    internal static Span<byte> Bytes(ref CpuState s) => MemoryMarshal.AsBytes((Span<ulong>)s.Fx);

    /// <summary>The control word.</summary>
    public static ushort Control(ref CpuState s) => (ushort)s.Fx[0];

    /// <summary>The status word.</summary>
    public static ushort Status(ref CpuState s) => (ushort)(s.Fx[0] >> 16);

    /// <summary>The abridged tags: one bit for each physical register, set where it is in use.</summary>
    internal static byte Tags(ref CpuState s) => (byte)(s.Fx[0] >> X87.FxTagsShift);

    /// <summary>Whether an unmasked exception waits to be reported.</summary>
    /// <remarks>From flags and masks and not from the error summary: state that was restored from a damaged file must not reach the host's unit.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool IsPending(ref CpuState s) => ((s.Fx[0] >> 16) & ~s.Fx[0] & X87.Exceptions) != 0;

    /// <summary>Number of the physical register that is ST0.</summary>
    internal static int Top(ref CpuState s) => (int)((s.Fx[0] >> X87.FxTopShift) & 7);

    /// <summary>Replaces the words; reserved bits and the error summary follow from the others, the pointers are zero.</summary>
    internal static void SetWords(ref CpuState s, ushort control, ushort status, byte tags)
    {
        control = (ushort)((control & 0x1F7F) | 0x40);
        bool error = (status & ~control & X87.Exceptions) != 0;
        status = (ushort)((status & ~(X87.ErrorSummary | X87.Busy)) | (error ? X87.ErrorSummary | X87.Busy : 0));
        s.Fx[0] = control | ((ulong)status << 16) | ((ulong)tags << X87.FxTagsShift);
        s.Fx[1] = 0;
        s.Fx[2] = 0;
    }

    /// <summary>FNINIT: control 37Fh, everything else clear, registers keep their values.</summary>
    internal static void Initialize(ref CpuState s)
    {
        MoveTop(ref s, 0);
        SetWords(ref s, X87.InitialControl, 0, 0);
    }

    /// <summary>Replaces the words by those of an environment; every physical register keeps its value.</summary>
    internal static void SetEnvironment(ref CpuState s, ushort control, ushort status, ushort fullTags)
    {
        MoveTop(ref s, (status >> 11) & 7);
        int tags = 0;
        for (int i = 0; i < 8; i++)
        {
            tags |= ((fullTags >> (2 * i)) & 3) == 3 ? 0 : 1 << i;
        }

        SetWords(ref s, control, status, (byte)tags);
    }

    /// <summary>The full tag word: two bits for each physical register (Intel SDM 1 8.1.7).</summary>
    public static ushort FullTags(ref CpuState s)
    {
        int tags = 0;
        for (int i = 0; i < 8; i++)
        {
            int slot = 4 + (2 * ((i - Top(ref s)) & 7));
            int tag = (Tags(ref s) & (1 << i)) == 0 ? 3 : Class(s.Fx[slot], (int)s.Fx[slot + 1] & 0x7FFF);
            tags |= tag << (2 * i);
        }

        return (ushort)tags;
    }

    // 0 valid, 1 zero, 2 special.
    private static int Class(ulong significand, int exponent)
    {
        bool integer = (significand >> 63) != 0;
        return exponent == 0 ? significand == 0 ? 1 : 2 : exponent == 0x7FFF || !integer ? 2 : 0;
    }

    /// <summary>Whether all of it is as after reset, values included: then XSAVE calls it initial.</summary>
    internal static bool IsInitial(ref CpuState s)
    {
        ReadOnlySpan<ulong> image = s.Fx;
        return image[0] == X87.InitialControl && !image[4..20].ContainsAnyExcept(0UL);
    }

    /// <summary>What every MMX instruction but EMMS does: TOP becomes 0 and all registers are in use.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void EnterMmx(ref CpuState s)
    {
        if ((s.Fx[0] & X87.FxTop) != 0)
        {
            MoveTop(ref s, 0);
        }

        s.Fx[0] |= X87.FxTags;
    }

    /// <summary>Sets sign and exponent of an MMX register that has been written to ones.</summary>
    /// <param name="s">The state.</param>
    /// <param name="offset">Byte offset of the operand in the state; anything that is no MMX register is left alone.</param>
    internal static void MarkMmx(ref CpuState s, int offset)
    {
        int slot = offset - StateLayout.Mmx;
        if ((uint)slot < 8 * 16)
        {
            s.Fx[4 + (slot >> 3) + 1] = 0xFFFF;
        }
    }

    /// <summary>Makes another physical register ST0; every physical register keeps its value.</summary>
    internal static void MoveTop(ref CpuState s, int top)
    {
        int by = (top - Top(ref s)) & 7;
        Span<ulong> slots = stackalloc ulong[16];
        Span<ulong> image = s.Fx;
        image[4..20].CopyTo(slots);
        for (int i = 0; i < 8; i++)
        {
            int from = (i + by) & 7;
            image[4 + (2 * i)] = slots[2 * from];
            image[5 + (2 * i)] = slots[(2 * from) + 1];
        }

        image[0] = (image[0] & ~X87.FxTop) | ((ulong)top << X87.FxTopShift);
    }
}
