using System.Runtime.CompilerServices;
using Guest.Machine.X86.Translate.Link;

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

    /// <summary>What belongs to emitted code.</summary>
    internal static readonly int Emitted = Offset((ref s) => ref Unsafe.As<EmittedState, byte>(ref s.Emitted));

    /// <summary>RFLAGS without the status flags.</summary>
    internal static readonly int SystemFlags = Offset((ref s) => ref Unsafe.As<ulong, byte>(ref s.SystemFlags));

    /// <summary>The TLB table in force.</summary>
    internal static readonly int Tlb = Offset((ref s) => ref Unsafe.As<nint, byte>(ref s.Tlb));

    /// <summary>The access mode in force.</summary>
    internal static readonly int Mode = Offset((ref s) => ref Unsafe.As<AccessMode, byte>(ref s.Mode));

    /// <summary>The segment registers, 16 bytes each, the base first and the selector 12 bytes further.</summary>
    internal static readonly int Segments = Offset((ref s) => ref Unsafe.As<CpuState.SegmentFile, byte>(ref s.Segments));

    /// <summary>IA32_KERNEL_GS_BASE.</summary>
    internal static readonly int KernelGsBase = Offset((ref s) => ref Unsafe.As<ulong, byte>(ref s.KernelGsBase));

    /// <summary>CR4.</summary>
    internal static readonly int Cr4 = Offset((ref s) => ref Unsafe.As<ulong, byte>(ref s.Cr4));

    /// <summary>XCR0.</summary>
    internal static readonly int Xcr0 = Offset((ref s) => ref Unsafe.As<ulong, byte>(ref s.Xcr0));

    /// <summary>Whether an instruction has run whose results differ between vendors.</summary>
    internal static readonly int VendorDependentUsed = Offset((ref s) => ref Unsafe.As<bool, byte>(ref s.VendorDependentUsed));

    /// <summary>The registers of <see cref="KnownMsr.All"/>.</summary>
    internal static readonly int Msrs = Offset((ref s) => ref Unsafe.As<CpuState.MsrFile, byte>(ref s.Msrs));

    private delegate ref byte Field(ref CpuState s);

    private static int Offset(Field field)
    {
        CpuState probe = default;
        return (int)Unsafe.ByteOffset(ref Unsafe.As<CpuState, byte>(ref probe), ref field(ref probe));
    }
}
