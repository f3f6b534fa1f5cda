using System.Runtime.CompilerServices;

namespace Guest.Machine.X86.Translate.Native;

/// <summary>Enters emitted code.</summary>
internal static unsafe class EmittedCode
{
    // Safe because: enter was emitted for exactly this signature; it saves what the calling convention says and comes back through its own exit. The
    // transition is the ordinary one, so the garbage collector need not wait for emitted code.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static int Enter(nint enter, nint state, nint target) => ((delegate* unmanaged<nint, nint, int>)enter)(state, target);
}
