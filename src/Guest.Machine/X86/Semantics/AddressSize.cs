using System.Runtime.CompilerServices;

namespace Guest.Machine.X86.Semantics;

/// <summary>Offsets and counts cut to an address size of 16, 32 or 64 bits.</summary>
internal static class AddressSize
{
    /// <summary>The value's low bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ulong Cut(ulong value, int bits) => bits == 64 ? value : bits == 32 ? (uint)value : (ushort)value;

    /// <summary>All ones in the size.</summary>
    internal static ulong Mask(int bits) => bits == 64 ? ulong.MaxValue : bits == 32 ? uint.MaxValue : ushort.MaxValue;

    /// <summary>Writes a register in the size: 32 bits clear the upper half, 16 keep the rest.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Set(ref ulong register, ulong value, int bits) =>
        register = bits == 64 ? value : bits == 32 ? (uint)value : (register & ~0xFFFFUL) | (ushort)value;
}
