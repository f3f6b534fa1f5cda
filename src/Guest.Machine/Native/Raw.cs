using System.Runtime.CompilerServices;

namespace Guest.Machine.Native;

/// <summary>Loads and stores at host addresses that the caller has proven to lie in mapped memory.</summary>
/// <remarks>The proof is a TLB tag, a bounds-checked guest-physical address or a fixed layout; each caller names it.</remarks>
internal static unsafe class Raw
{
    // Safe because: every caller passes an address inside a MappedRegion whose bound it has checked.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static T Load<T>(nint address)
        where T : unmanaged => Unsafe.ReadUnaligned<T>((void*)address);

    // Safe because: as Load.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Store<T>(nint address, T value)
        where T : unmanaged => Unsafe.WriteUnaligned((void*)address, value);

    // Safe because: as Load, and the referent is never moved: it is mapped memory.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ref T Ref<T>(nint address)
        where T : unmanaged => ref Unsafe.AsRef<T>((void*)address);

    // Safe because: callers pass a range inside one MappedRegion.
    internal static Span<byte> Span(nint address, int length) => new((void*)address, length);

    // Safe because: callers pass a range of whole elements inside one MappedRegion.
    internal static Span<T> Span<T>(nint address, int count)
        where T : unmanaged => new((void*)address, count);

    // Safe because: the field stands in mapped memory (CpuState) or in a pinned array, which the garbage collector never moves.
    internal static nint AddressOf<T>(ref T field)
        where T : unmanaged => (nint)Unsafe.AsPointer(ref field);
}
