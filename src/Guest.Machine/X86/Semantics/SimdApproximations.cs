using System.Runtime.InteropServices;
using Guest.Machine.Native;
using Guest.Machine.X86.Decode;
using static Iced.Intel.Code;

namespace Guest.Machine.X86.Semantics;

/// <summary>RCPPS, RCPSS, RSQRTPS and RSQRTSS: the exact value rounded to twelve fraction bits (docs/defined-results.md).</summary>
/// <remarks>
/// Processors differ within 1.5 * 2^-12. Ours: 1 / x or 1 / sqrt(x) in double precision (correctly rounded on every host), then rounded
/// half up to a significand of 1 + 12 bits: relative error at most 2^-13 + 2^-52. Denormal sources count as zeros, tiny results are zeros,
/// MXCSR is neither obeyed nor changed.
/// </remarks>
internal static class SimdApproximations
{
    private const uint Infinity = 0x7F80_0000;
    private const uint Indefinite = 0xFFC0_0000;
    private const uint QuietBit = 0x40_0000;
    private const uint Sign = 0x8000_0000;
    private const int DroppedBits = 23 - 12;

    /// <summary>The rows.</summary>
    internal static IEnumerable<InstructionRow> Rows() =>
    [
        new(Rcpps_xmm_xmmm128, PackedRegister<Reciprocal>, PackedLoad<Reciprocal>, ResultKind.Defined),
        new(Rsqrtps_xmm_xmmm128, PackedRegister<ReciprocalRoot>, PackedLoad<ReciprocalRoot>, ResultKind.Defined),
        new(Rcpss_xmm_xmmm32, ScalarRegister<Reciprocal>, ScalarLoad<Reciprocal>, ResultKind.Defined),
        new(Rsqrtss_xmm_xmmm32, ScalarRegister<ReciprocalRoot>, ScalarLoad<ReciprocalRoot>, ResultKind.Defined),
        new(VEX_Vrcpps_xmm_xmmm128, VexPackedRegister<Reciprocal>, VexPackedLoad<Reciprocal>, ResultKind.Defined),
        new(VEX_Vrsqrtps_xmm_xmmm128, VexPackedRegister<ReciprocalRoot>, VexPackedLoad<ReciprocalRoot>, ResultKind.Defined),
        new(VEX_Vrcpps_ymm_ymmm256, WideRegister<Reciprocal>, WideLoad<Reciprocal>, ResultKind.Defined),
        new(VEX_Vrsqrtps_ymm_ymmm256, WideRegister<ReciprocalRoot>, WideLoad<ReciprocalRoot>, ResultKind.Defined),
        new(VEX_Vrcpss_xmm_xmm_xmmm32, VexScalarRegister<Reciprocal>, VexScalarLoad<Reciprocal>, ResultKind.Defined),
        new(VEX_Vrsqrtss_xmm_xmm_xmmm32, VexScalarRegister<ReciprocalRoot>, VexScalarLoad<ReciprocalRoot>, ResultKind.Defined),
    ];

    /// <summary>One of the two functions.</summary>
    internal interface IFunction
    {
        /// <summary>The result for the bits of a single-precision source.</summary>
        static abstract uint Of(uint source);
    }

    /// <summary>1 / x.</summary>
    internal readonly struct Reciprocal : IFunction
    {
        /// <inheritdoc/>
        public static uint Of(uint source)
        {
            uint magnitude = source & ~Sign;
            uint sign = source & Sign;
            return magnitude > Infinity ? source | QuietBit
                : magnitude == Infinity ? sign
                : magnitude < 0x80_0000 ? sign | Infinity
                : sign | Rounded(1.0 / BitConverter.UInt32BitsToSingle(magnitude));
        }
    }

    /// <summary>1 / sqrt(x).</summary>
    internal readonly struct ReciprocalRoot : IFunction
    {
        /// <inheritdoc/>
        public static uint Of(uint source)
        {
            uint magnitude = source & ~Sign;
            return magnitude > Infinity ? source | QuietBit
                : magnitude < 0x80_0000 ? (source & Sign) | Infinity
                : magnitude != source ? Indefinite
                : magnitude == Infinity ? 0
                : Rounded(1.0 / Math.Sqrt(BitConverter.UInt32BitsToSingle(source)));
        }
    }

    // A positive normal double to 1 + 12 significant bits of single precision, half up; below the least normal single: zero.
    private static uint Rounded(double value)
    {
        ulong bits = BitConverter.DoubleToUInt64Bits(value);
        const int Dropped = 52 - 12;
        ulong rounded = (bits + (1UL << (Dropped - 1))) >> Dropped;
        long exponent = (long)(rounded >> 12) - 1023 + 127;
        return exponent <= 0 ? 0 : ((uint)exponent << 23) | ((uint)(rounded & 0xFFF) << DroppedBits);
    }

    private static void PackedRegister<T>(Vcpu cpu, ref Op op)
        where T : struct, IFunction
    {
        cpu.CheckSse();
        Apply<T>(Lanes(cpu, op.Reg1)[..4], Lanes(cpu, op.Reg0));
    }

    private static void PackedLoad<T>(Vcpu cpu, ref Op op)
        where T : struct, IFunction
    {
        cpu.CheckSse();
        ulong address = cpu.Address(ref op);
        if ((address & 15) != 0)
        {
            cpu.RaiseGp();
        }

        Apply<T>(Memory(cpu, address, 4), Lanes(cpu, op.Reg0));
    }

    private static void ScalarRegister<T>(Vcpu cpu, ref Op op)
        where T : struct, IFunction
    {
        cpu.CheckSse();
        Apply<T>(Lanes(cpu, op.Reg1)[..1], Lanes(cpu, op.Reg0));
    }

    private static void ScalarLoad<T>(Vcpu cpu, ref Op op)
        where T : struct, IFunction
    {
        cpu.CheckSse();
        Apply<T>(Memory(cpu, cpu.Address(ref op), 1), Lanes(cpu, op.Reg0));
    }

    private static void VexPackedRegister<T>(Vcpu cpu, ref Op op)
        where T : struct, IFunction
    {
        cpu.CheckVex();
        Apply<T>(Lanes(cpu, op.Reg1)[..4], Lanes(cpu, op.Reg0));
        Lanes(cpu, op.Reg0)[4..].Clear();
    }

    private static void VexPackedLoad<T>(Vcpu cpu, ref Op op)
        where T : struct, IFunction
    {
        cpu.CheckVex();
        Apply<T>(Memory(cpu, cpu.Address(ref op), 4), Lanes(cpu, op.Reg0));
        Lanes(cpu, op.Reg0)[4..].Clear();
    }

    private static void WideRegister<T>(Vcpu cpu, ref Op op)
        where T : struct, IFunction
    {
        cpu.CheckVex();
        Apply<T>(Lanes(cpu, op.Reg1), Lanes(cpu, op.Reg0));
    }

    private static void WideLoad<T>(Vcpu cpu, ref Op op)
        where T : struct, IFunction
    {
        cpu.CheckVex();
        Apply<T>(Memory(cpu, cpu.Address(ref op), 8), Lanes(cpu, op.Reg0));
    }

    private static void VexScalarRegister<T>(Vcpu cpu, ref Op op)
        where T : struct, IFunction
    {
        cpu.CheckVex();
        Merge<T>(cpu, ref op, Lanes(cpu, op.Reg2)[0]);
    }

    private static void VexScalarLoad<T>(Vcpu cpu, ref Op op)
        where T : struct, IFunction
    {
        cpu.CheckVex();
        Merge<T>(cpu, ref op, cpu.Load<uint>(cpu.Address(ref op)));
    }

    private static void Merge<T>(Vcpu cpu, ref Op op, uint source)
        where T : struct, IFunction
    {
        Span<uint> target = Lanes(cpu, op.Reg0);
        Lanes(cpu, op.Reg1)[..4].CopyTo(target);
        target[4..].Clear();
        target[0] = T.Of(source);
    }

    private static void Apply<T>(ReadOnlySpan<uint> sources, Span<uint> targets)
        where T : struct, IFunction
    {
        for (int i = 0; i < sources.Length; i++)
        {
            targets[i] = T.Of(sources[i]);
        }
    }

    private static ReadOnlySpan<uint> Memory(Vcpu cpu, ulong address, int count) =>
        Raw.Span<uint>(cpu.Source(address, 4 * count), count);

    private static Span<uint> Lanes(Vcpu cpu, int register) =>
        MemoryMarshal.Cast<ulong, uint>(((Span<ulong>)cpu.State.Vectors).Slice(4 * register, 4));
}
