using System.Runtime.CompilerServices;

namespace Guest.Machine.X86;

/// <summary>Access to the general registers by the byte offsets that decoded operands carry.</summary>
internal static class RegisterFile
{
    /// <summary>The register (or part of it) at a byte offset, 0 to <see cref="CpuState.ZeroOffset"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ref T Ref<T>(ref CpuState s, byte offset)
        where T : unmanaged => ref Unsafe.As<byte, T>(ref Unsafe.AddByteOffset(ref Unsafe.As<CpuState, byte>(ref s), (nuint)offset));
}
