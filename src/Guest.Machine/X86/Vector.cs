namespace Guest.Machine.X86;

/// <summary>Exception vectors (Intel SDM 3A 6.3.1).</summary>
public enum Vector : byte
{
    /// <summary>Divide error.</summary>
    DE = 0,

    /// <summary>Debug.</summary>
    DB = 1,

    /// <summary>Non-maskable interrupt.</summary>
    NMI = 2,

    /// <summary>Breakpoint.</summary>
    BP = 3,

    /// <summary>Overflow.</summary>
    OF = 4,

    /// <summary>BOUND range exceeded.</summary>
    BR = 5,

    /// <summary>Invalid opcode.</summary>
    UD = 6,

    /// <summary>Device not available.</summary>
    NM = 7,

    /// <summary>Double fault.</summary>
    DF = 8,

    /// <summary>Invalid TSS.</summary>
    TS = 10,

    /// <summary>Segment not present.</summary>
    NP = 11,

    /// <summary>Stack-segment fault.</summary>
    SS = 12,

    /// <summary>General protection.</summary>
    GP = 13,

    /// <summary>Page fault.</summary>
    PF = 14,

    /// <summary>x87 floating-point error.</summary>
    MF = 16,

    /// <summary>Alignment check.</summary>
    AC = 17,

    /// <summary>Machine check.</summary>
    MC = 18,

    /// <summary>SIMD floating-point exception.</summary>
    XM = 19,
}
