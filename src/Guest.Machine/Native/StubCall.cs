using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Guest.Machine.Native;

/// <summary>Calls of emitted stubs.</summary>
/// <remarks>
/// A stub is one guest instruction between loads and stores: it ends within some hundred nanoseconds and never calls back, so the
/// garbage collector may wait for it (no transition).
/// </remarks>
internal static unsafe class StubCall
{
    // Safe because: stub was emitted for exactly this signature, and the pointers lie in mapped memory that holds whole operands.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ulong Simd(nint stub, nint operand0, nint operand1, nint operand2, nint operand3, nint memory, nint state) =>
        ((delegate* unmanaged[SuppressGCTransition]<nint, nint, nint, nint, nint, nint, ulong>)stub)(operand0, operand1, operand2, operand3, memory, state);

    // Safe because: as Simd; the image is a 512-byte FXSAVE area on a 16-byte boundary.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ulong X87(nint stub, nint image, nint memory, ulong flags) =>
        ((delegate* unmanaged[SuppressGCTransition]<nint, nint, ulong, ulong>)stub)(image, memory, flags);
}
