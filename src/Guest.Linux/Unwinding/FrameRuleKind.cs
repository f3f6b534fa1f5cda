namespace Guest.Linux.Unwinding;

/// <summary>How a <see cref="FrameRule"/> says where a register of the caller is (DWARF 4, 6.4.1).</summary>
internal enum FrameRuleKind : byte
{
    /// <summary>It is what it was.</summary>
    Same,

    /// <summary>It is lost.</summary>
    Undefined,

    /// <summary>In memory, so many bytes from the frame's base.</summary>
    AtOffset,

    /// <summary>The frame's base and so many bytes.</summary>
    IsOffset,

    /// <summary>In another register.</summary>
    InRegister,

    /// <summary>In memory where an expression says.</summary>
    AtExpression,

    /// <summary>What an expression says.</summary>
    IsExpression,

    /// <summary>Of the frame's base: a register and so many bytes.</summary>
    RegisterAndOffset,
}
