using System.Runtime.CompilerServices;
using Guest.Machine.X86.Decode;

namespace Guest.Machine.X86.Semantics;

/// <summary>The units that SIMD instructions belong to.</summary>
internal static class SimdUnits
{
    /// <summary>General registers only (CRC32, MOVNTI): no checks.</summary>
    internal readonly struct General : ISimdUnit
    {
        /// <inheritdoc/>
        public static void Check(Vcpu cpu)
        {
        }

        /// <inheritdoc/>
        public static void Begin(Vcpu cpu)
        {
        }

        /// <inheritdoc/>
        public static void End(Vcpu cpu, ref Op op)
        {
        }
    }

    /// <summary>Legacy encodings on XMM registers.</summary>
    internal readonly struct Sse : ISimdUnit
    {
        /// <inheritdoc/>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Check(Vcpu cpu) => cpu.CheckSse();

        /// <inheritdoc/>
        public static void Begin(Vcpu cpu)
        {
        }

        /// <inheritdoc/>
        public static void End(Vcpu cpu, ref Op op)
        {
        }
    }

    /// <summary>VEX encodings.</summary>
    internal readonly struct Vex : ISimdUnit
    {
        /// <inheritdoc/>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Check(Vcpu cpu) => cpu.CheckVex();

        /// <inheritdoc/>
        public static void Begin(Vcpu cpu)
        {
        }

        /// <inheritdoc/>
        public static void End(Vcpu cpu, ref Op op)
        {
        }
    }

    /// <summary>Instructions on MMX registers alone.</summary>
    internal readonly struct Mmx : ISimdUnit
    {
        /// <inheritdoc/>
        public static void Check(Vcpu cpu) => cpu.CheckMmx();

        /// <inheritdoc/>
        public static void Begin(Vcpu cpu) => X87State.EnterMmx(ref cpu.State);

        /// <inheritdoc/>
        public static void End(Vcpu cpu, ref Op op) => X87State.MarkMmx(ref cpu.State, (int)(op.Extra & 0xFFFF));
    }

    /// <summary>Instructions between MMX and XMM registers.</summary>
    internal readonly struct MmxAndSse : ISimdUnit
    {
        /// <inheritdoc/>
        public static void Check(Vcpu cpu)
        {
            cpu.CheckSse();
            cpu.CheckMmx();
        }

        /// <inheritdoc/>
        public static void Begin(Vcpu cpu) => X87State.EnterMmx(ref cpu.State);

        /// <inheritdoc/>
        public static void End(Vcpu cpu, ref Op op) => X87State.MarkMmx(ref cpu.State, (int)(op.Extra & 0xFFFF));
    }
}
