using System.Numerics;
using System.Runtime.CompilerServices;
using Guest.Machine.X86.Decode;
using Iced.Intel;
using static Guest.Machine.X86.Semantics.SourceForms;

namespace Guest.Machine.X86.Semantics;

/// <summary>BSF, BSR, TZCNT, LZCNT, POPCNT (Intel SDM 2A and 2B).</summary>
internal static class BitScans
{
    internal static InstructionRow[] Rows() =>
    [
        Scan<W16, Forward>(Code.Bsf_r16_rm16),
        Scan<W32, Forward>(Code.Bsf_r32_rm32),
        Scan<W64, Forward>(Code.Bsf_r64_rm64),
        Scan<W16, Reverse>(Code.Bsr_r16_rm16),
        Scan<W32, Reverse>(Code.Bsr_r32_rm32),
        Scan<W64, Reverse>(Code.Bsr_r64_rm64),
        RRm<W16, TrailingZeros>(Code.Tzcnt_r16_rm16, ResultKind.Defined),
        RRm<W32, TrailingZeros>(Code.Tzcnt_r32_rm32, ResultKind.Defined),
        RRm<W64, TrailingZeros>(Code.Tzcnt_r64_rm64, ResultKind.Defined),
        RRm<W16, LeadingZeros>(Code.Lzcnt_r16_rm16, ResultKind.Defined),
        RRm<W32, LeadingZeros>(Code.Lzcnt_r32_rm32, ResultKind.Defined),
        RRm<W64, LeadingZeros>(Code.Lzcnt_r64_rm64, ResultKind.Defined),
        RRm<W16, PopulationCount>(Code.Popcnt_r16_rm16),
        RRm<W32, PopulationCount>(Code.Popcnt_r32_rm32),
        RRm<W64, PopulationCount>(Code.Popcnt_r64_rm64),
    ];

    private interface IScan
    {
        static abstract int Find(ulong source);
    }

    private static InstructionRow Scan<T, TScan>(Code code)
        where T : struct, IWidth
        where TScan : struct, IScan => new(code, ScanRegister<T, TScan>, ScanMemory<T, TScan>, ResultKind.Defined);

    private static void ScanRegister<T, TScan>(Vcpu cpu, ref Op op)
        where T : struct, IWidth
        where TScan : struct, IScan => Scan<T, TScan>(cpu, ref op, T.Get(ref cpu.State, op.Reg1));

    private static void ScanMemory<T, TScan>(Vcpu cpu, ref Op op)
        where T : struct, IWidth
        where TScan : struct, IScan => Scan<T, TScan>(cpu, ref op, T.Load(cpu, cpu.Address(ref op)));

    // A source of zero leaves the destination, all 64 bits of it, as it is; the flags are those of the source as a logical result.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Scan<T, TScan>(Vcpu cpu, ref Op op, ulong source)
        where T : struct, IWidth
        where TScan : struct, IScan
    {
        ref CpuState s = ref cpu.State;
        Flags.Logic<T>(ref s, source);
        if (source != 0)
        {
            T.Set(ref s, op.Reg0, (ulong)TScan.Find(source));
        }
    }

    private readonly struct Forward : IScan
    {
        public static int Find(ulong source) => BitOperations.TrailingZeroCount(source);
    }

    private readonly struct Reverse : IScan
    {
        public static int Find(ulong source) => 63 - BitOperations.LeadingZeroCount(source);
    }

    private readonly struct TrailingZeros : ISourceOperation
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Apply<T>(ref CpuState s, ref Op op, ulong source)
            where T : struct, IWidth
        {
            int count = source == 0 ? T.Bits : BitOperations.TrailingZeroCount(source);
            Flags.Result<T>(ref s, (ulong)count, source == 0, false);
            return (ulong)count;
        }
    }

    private readonly struct LeadingZeros : ISourceOperation
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Apply<T>(ref CpuState s, ref Op op, ulong source)
            where T : struct, IWidth
        {
            int count = BitOperations.LeadingZeroCount(source) - (64 - T.Bits);
            Flags.Result<T>(ref s, (ulong)count, source == 0, false);
            return (ulong)count;
        }
    }

    private readonly struct PopulationCount : ISourceOperation
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static ulong Apply<T>(ref CpuState s, ref Op op, ulong source)
            where T : struct, IWidth
        {
            Flags.SetStatus(ref s, source == 0 ? Flags.ZF : 0);
            return (ulong)BitOperations.PopCount(source);
        }
    }
}
