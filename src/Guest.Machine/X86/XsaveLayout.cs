namespace Guest.Machine.X86;

/// <summary>Layout and sizes of the XSAVE area (Intel SDM 1 13.4); what CPUID leaf 0Dh answers follows from it.</summary>
/// <remarks>
/// CPUID.(0Dh,0): EAX = 7 (x87, SSE, AVX), EBX = <see cref="StandardSize"/> of XCR0, ECX = <see cref="StandardSize"/> of 7 (832), EDX = 0.
/// CPUID.(0Dh,1): EAX = 0Fh (XSAVEOPT, XSAVEC, XGETBV with ECX = 1, XSAVES), EBX = <see cref="CompactedSize"/> of XCR0, ECX = EDX = 0.
/// CPUID.(0Dh,2): EAX = 256, EBX = 576, ECX = EDX = 0. IA32_XSS has no bits.
/// </remarks>
public static class XsaveLayout
{
    /// <summary>Component bits: the x87 state, the XMM registers with MXCSR, the upper halves of the YMM registers.</summary>
    public const ulong X87 = 1, Sse = 2, Avx = 4;

    /// <summary>All components that there are.</summary>
    public const ulong All = X87 | Sse | Avx;

    /// <summary>Bytes of the legacy region.</summary>
    public const int LegacySize = 512;

    /// <summary>Bytes of the legacy region with the header.</summary>
    public const int HeaderEnd = LegacySize + 64;

    /// <summary>Where the AVX component begins, in the standard format and, being the only one there, in the compacted format.</summary>
    public const int AvxOffset = HeaderEnd;

    /// <summary>Bytes of the AVX component.</summary>
    public const int AvxSize = 256;

    /// <summary>XCOMP_BV's bit that says "compacted".</summary>
    public const ulong Compacted = 1UL << 63;

    /// <summary>Bytes that XSAVE needs with those components enabled in XCR0.</summary>
    public static int StandardSize(ulong components) => (components & Avx) != 0 ? AvxOffset + AvxSize : HeaderEnd;

    /// <summary>Bytes that XSAVES needs with those components enabled in XCR0 and IA32_XSS.</summary>
    public static int CompactedSize(ulong components) => StandardSize(components);
}
