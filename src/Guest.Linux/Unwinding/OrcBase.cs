namespace Guest.Linux.Unwinding;

/// <summary>What an offset counts from (<c>ORC_REG_*</c>, arch/x86/include/asm/orc_types.h; the numbers are the kernel's).</summary>
public enum OrcBase
{
    /// <summary>Nothing: the value is unchanged, or not known.</summary>
    Undefined = 0,

    /// <summary>The base of the frame.</summary>
    Frame = 1,

    /// <summary>RDX.</summary>
    Rdx = 2,

    /// <summary>RDI.</summary>
    Rdi = 3,

    /// <summary>RBP.</summary>
    Rbp = 4,

    /// <summary>RSP.</summary>
    Rsp = 5,

    /// <summary>R10.</summary>
    R10 = 6,

    /// <summary>R13.</summary>
    R13 = 7,

    /// <summary>What lies at RBP and the offset.</summary>
    AtRbp = 8,

    /// <summary>What lies at RSP; the offset is added to it.</summary>
    AtRsp = 9,
}
