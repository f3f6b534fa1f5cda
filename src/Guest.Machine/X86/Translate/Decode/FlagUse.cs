namespace Guest.Machine.X86.Translate.Decode;

/// <summary>What an instruction does with the six status flags.</summary>
internal enum FlagUse : byte
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Reads some.</summary>
    Reads,

    /// <summary>Writes all of them and reads none.</summary>
    Writes,

    /// <summary>Needs the old ones: it reads some and writes all, or leaves some as they are.</summary>
    Changes,
}
