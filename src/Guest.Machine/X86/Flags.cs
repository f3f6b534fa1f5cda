using System.Numerics;
using System.Runtime.CompilerServices;

namespace Guest.Machine.X86;

/// <summary>The status flags (CF, PF, AF, ZF, SF, OF) in lazy form: a result and a vector of carries.</summary>
/// <remarks>
/// <c>FlagsResult</c> is the result, sign-extended to 64 bits. <c>FlagsAux</c>: bit 63 CF, bit 62 CF xor OF, bit 3 AF,
/// bits 8 to 15 xored into the low result byte before PF is taken, bit 0 xored into SF. ZF is "result is zero".
/// </remarks>
public static class Flags
{
    /// <summary>Carry.</summary>
    public const ulong CF = 1;

    /// <summary>Parity of the low byte.</summary>
    public const ulong PF = 1 << 2;

    /// <summary>Carry out of bit 3.</summary>
    public const ulong AF = 1 << 4;

    /// <summary>Zero.</summary>
    public const ulong ZF = 1 << 6;

    /// <summary>Sign.</summary>
    public const ulong SF = 1 << 7;

    /// <summary>Trap (single step).</summary>
    public const ulong TF = 1 << 8;

    /// <summary>Interrupts enabled.</summary>
    public const ulong IF = 1 << 9;

    /// <summary>Direction.</summary>
    public const ulong DF = 1 << 10;

    /// <summary>Overflow.</summary>
    public const ulong OF = 1 << 11;

    /// <summary>I/O privilege level.</summary>
    public const ulong IOPL = 3 << 12;

    /// <summary>Nested task.</summary>
    public const ulong NT = 1 << 14;

    /// <summary>Resume.</summary>
    public const ulong RF = 1 << 16;

    /// <summary>Virtual-8086 mode.</summary>
    public const ulong VM = 1 << 17;

    /// <summary>Alignment check, and access control under SMAP.</summary>
    public const ulong AC = 1 << 18;

    /// <summary>Virtual interrupt flag.</summary>
    public const ulong VIF = 1 << 19;

    /// <summary>Virtual interrupt pending.</summary>
    public const ulong VIP = 1 << 20;

    /// <summary>CPUID available.</summary>
    public const ulong ID = 1 << 21;

    /// <summary>The six status flags.</summary>
    public const ulong Status = CF | PF | AF | ZF | SF | OF;

    private const ulong CarryBit = 1UL << 63;
    private const ulong CarryAndAux = 0xC000_0000_0000_0008;

    /// <summary>CF as 0 or 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Carry(ref CpuState s) => s.FlagsAux >> 63;

    /// <summary>OF.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Overflow(ref CpuState s) => ((s.FlagsAux ^ (s.FlagsAux << 1)) & CarryBit) != 0;

    /// <summary>ZF.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Zero(ref CpuState s) => s.FlagsResult == 0;

    /// <summary>SF.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Sign(ref CpuState s) => ((s.FlagsResult >> 63) ^ (s.FlagsAux & 1)) != 0;

    /// <summary>PF.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Parity(ref CpuState s) => (BitOperations.PopCount((byte)(s.FlagsResult ^ (s.FlagsAux >> 8))) & 1) == 0;

    /// <summary>AF.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Adjust(ref CpuState s) => (s.FlagsAux & 8) != 0;

    /// <summary>The six status flags at their places in RFLAGS.</summary>
    public static ulong GetStatus(ref CpuState s) =>
        Carry(ref s)
        | (Parity(ref s) ? PF : 0)
        | (Adjust(ref s) ? AF : 0)
        | (Zero(ref s) ? ZF : 0)
        | (Sign(ref s) ? SF : 0)
        | (Overflow(ref s) ? OF : 0);

    /// <summary>Sets the six status flags from their places in <paramref name="flags"/>; other bits are ignored.</summary>
    public static void SetStatus(ref CpuState s, ulong flags)
    {
        bool zero = (flags & ZF) != 0;
        ulong sign = (flags >> 7) & 1;
        ulong carry = flags & CF;
        ulong overflow = (flags >> 11) & 1;

        // A result of zero says ZF, with even parity; of 1 it says not ZF, with odd parity: the deltas then give PF and SF their values.
        bool parity = (flags & PF) != 0;
        s.FlagsResult = zero ? 0UL : 1;
        s.FlagsAux = (carry << 63) | ((carry ^ overflow) << 62) | ((flags & AF) >> 1) | (parity == zero ? 0 : 1UL << 8) | sign;
    }

    /// <summary>Flags of a + b + carry-in = result, of the width; OF, CF, AF, ZF, SF, PF are set.</summary>
    /// <param name="s">The state.</param>
    /// <param name="a">First operand.</param>
    /// <param name="b">Second operand.</param>
    /// <param name="r">The sum; bits above the width do not matter in all three.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Add<TWidth>(ref CpuState s, ulong a, ulong b, ulong r)
        where TWidth : struct, IWidth => Set<TWidth>(ref s, r, (a & b) | ((a | b) & ~r));

    /// <summary>Flags of a - b - borrow-in = result, of the width.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Sub<TWidth>(ref CpuState s, ulong a, ulong b, ulong r)
        where TWidth : struct, IWidth => Set<TWidth>(ref s, r, (~a & b) | ((~a | b) & r));

    /// <summary>Flags of a logical result: CF, OF and (defined here) AF are clear.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Logic<TWidth>(ref CpuState s, ulong r)
        where TWidth : struct, IWidth
    {
        s.FlagsResult = TWidth.SignExtend(r);
        s.FlagsAux = 0;
    }

    /// <summary>Flags with ZF, SF and PF from a result and CF, OF, AF as given.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Result<TWidth>(ref CpuState s, ulong r, bool carry, bool overflow, bool adjust = false)
        where TWidth : struct, IWidth
    {
        s.FlagsResult = TWidth.SignExtend(r);
        s.FlagsAux = (carry ? CarryBit : 0) | (carry != overflow ? CarryBit >> 1 : 0) | (adjust ? 8UL : 0);
    }

    /// <summary>Changes CF alone (STC, CLC, CMC, BT, INC's kept carry).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void SetCarry(ref CpuState s, bool carry)
    {
        // OF = bit 63 xor bit 62 must stay, so both bits flip together.
        ulong flip = (s.FlagsAux >> 63) ^ (carry ? 1UL : 0);
        s.FlagsAux ^= (flip << 63) | (flip << 62);
    }

    /// <summary>Changes CF and OF alone (rotates).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void SetCarryOverflow(ref CpuState s, bool carry, bool overflow) =>
        s.FlagsAux = (s.FlagsAux & ~(3UL << 62)) | (carry ? CarryBit : 0) | (carry != overflow ? CarryBit >> 1 : 0);

    /// <summary>Whether the condition (the low four bits of Jcc, SETcc, CMOVcc opcodes) holds.</summary>
    public static bool Condition(ref CpuState s, int condition)
    {
        bool holds = (condition >> 1) switch
        {
            0 => Overflow(ref s),
            1 => Carry(ref s) != 0,
            2 => Zero(ref s),
            3 => Carry(ref s) != 0 || Zero(ref s),
            4 => Sign(ref s),
            5 => Parity(ref s),
            6 => Sign(ref s) != Overflow(ref s),
            _ => Zero(ref s) || Sign(ref s) != Overflow(ref s),
        };
        return holds != ((condition & 1) != 0);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Set<TWidth>(ref CpuState s, ulong r, ulong carries)
        where TWidth : struct, IWidth
    {
        s.FlagsResult = TWidth.SignExtend(r);
        s.FlagsAux = TWidth.Bits == 64
            ? carries & CarryAndAux
            : ((carries << (64 - TWidth.Bits)) & (3UL << 62)) | (carries & 8);
    }
}
