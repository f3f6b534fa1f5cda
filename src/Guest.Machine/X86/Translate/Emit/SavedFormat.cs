namespace Guest.Machine.X86.Translate.Emit;

/// <summary>The images of x87 and vector registers that instructions save and restore.</summary>
internal enum SavedFormat
{
    /// <summary>FXSAVE, FXRSTOR.</summary>
    Fxsave,

    /// <summary>XSAVE, and XRSTOR of either format.</summary>
    Xsave,

    /// <summary>XSAVEOPT.</summary>
    Optimized,

    /// <summary>XSAVEC and XSAVES, and XRSTORS.</summary>
    Compacted,
}
