using System.Runtime.CompilerServices;

namespace Guest.Machine.X86.Semantics;

/// <summary>The sixteen conditions of Jcc, SETcc and CMOVcc, in the encoding's order (Intel SDM 1, appendix B).</summary>
internal static class Conditions
{
    internal readonly struct Overflow : ICondition
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static bool Holds(ref CpuState s) => Flags.Overflow(ref s);
    }

    internal readonly struct NotOverflow : ICondition
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static bool Holds(ref CpuState s) => !Flags.Overflow(ref s);
    }

    internal readonly struct Below : ICondition
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static bool Holds(ref CpuState s) => Flags.Carry(ref s) != 0;
    }

    internal readonly struct AboveOrEqual : ICondition
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static bool Holds(ref CpuState s) => Flags.Carry(ref s) == 0;
    }

    internal readonly struct Equal : ICondition
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static bool Holds(ref CpuState s) => Flags.Zero(ref s);
    }

    internal readonly struct NotEqual : ICondition
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static bool Holds(ref CpuState s) => !Flags.Zero(ref s);
    }

    internal readonly struct BelowOrEqual : ICondition
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static bool Holds(ref CpuState s) => Flags.Carry(ref s) != 0 || Flags.Zero(ref s);
    }

    internal readonly struct Above : ICondition
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static bool Holds(ref CpuState s) => Flags.Carry(ref s) == 0 && !Flags.Zero(ref s);
    }

    internal readonly struct Sign : ICondition
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static bool Holds(ref CpuState s) => Flags.Sign(ref s);
    }

    internal readonly struct NotSign : ICondition
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static bool Holds(ref CpuState s) => !Flags.Sign(ref s);
    }

    internal readonly struct Parity : ICondition
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static bool Holds(ref CpuState s) => Flags.Parity(ref s);
    }

    internal readonly struct NotParity : ICondition
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static bool Holds(ref CpuState s) => !Flags.Parity(ref s);
    }

    internal readonly struct Less : ICondition
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static bool Holds(ref CpuState s) => Flags.Sign(ref s) != Flags.Overflow(ref s);
    }

    internal readonly struct GreaterOrEqual : ICondition
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static bool Holds(ref CpuState s) => Flags.Sign(ref s) == Flags.Overflow(ref s);
    }

    internal readonly struct LessOrEqual : ICondition
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static bool Holds(ref CpuState s) => Flags.Zero(ref s) || Flags.Sign(ref s) != Flags.Overflow(ref s);
    }

    internal readonly struct Greater : ICondition
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static bool Holds(ref CpuState s) => !Flags.Zero(ref s) && Flags.Sign(ref s) == Flags.Overflow(ref s);
    }
}
