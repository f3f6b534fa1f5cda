namespace Guest.Machine.X86;

/// <summary>The segment registers in the manual's order, then the two system segments.</summary>
public enum SegmentName : byte
{
    /// <summary>ES.</summary>
    Es,

    /// <summary>CS.</summary>
    Cs,

    /// <summary>SS.</summary>
    Ss,

    /// <summary>DS.</summary>
    Ds,

    /// <summary>FS.</summary>
    Fs,

    /// <summary>GS.</summary>
    Gs,

    /// <summary>LDTR.</summary>
    Ldtr,

    /// <summary>TR.</summary>
    Tr,
}
