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

    /// <summary>Reads some and writes some or all.</summary>
    Changes,

    /// <summary>Reads none, writes some and leaves the others as they are.</summary>
    Keeps,
}
