using System.Runtime.CompilerServices;

namespace Guest.Machine.X86.HostCode;

/// <summary>Byte offsets of <see cref="CpuState"/>'s fields, for code that is emitted and for operands that are pointers.</summary>
internal static class StateLayout
{
    /// <summary>The vector registers, 32 bytes each.</summary>
    internal static readonly int Vectors = Offset((ref s) => ref Unsafe.As<CpuState.VectorFile, byte>(ref s.Vectors));

    /// <summary>The x87 image.</summary>
    internal static readonly int Fx = Offset((ref s) => ref Unsafe.As<CpuState.FxArea, byte>(ref s.Fx));

    /// <summary>The eight x87 or MMX registers inside the image, 16 bytes each.</summary>
    internal static readonly int Mmx = Fx + 32;

    /// <summary>MXCSR.</summary>
    internal static readonly int Mxcsr = Offset((ref s) => ref Unsafe.As<uint, byte>(ref s.Mxcsr));

    private delegate ref byte Field(ref CpuState s);

    private static int Offset(Field field)
    {
        CpuState probe = default;
        return (int)Unsafe.ByteOffset(ref Unsafe.As<CpuState, byte>(ref probe), ref field(ref probe));
    }
}
