namespace Guest.Machine.X86.Translate.Decode;

/// <summary>What one field of an encoding names.</summary>
internal enum OperandRole : byte
{
    /// <summary>Nothing, or part of the opcode.</summary>
    None,

    /// <summary>A general register.</summary>
    General,

    /// <summary>An XMM or YMM register.</summary>
    Vector,
}
