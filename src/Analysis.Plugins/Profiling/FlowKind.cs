namespace Analysis.Plugins.Profiling;

/// <summary>What an instruction does to a stack, and to the function that runs.</summary>
internal enum FlowKind : byte
{
    /// <summary>Nothing: a conditional jump stays in its function.</summary>
    Next,

    /// <summary>Perhaps another function, in the place of this one.</summary>
    Jump,

    /// <summary>Another function on top of this one.</summary>
    Call,

    /// <summary>A call over a few bytes, as a retpoline begins with.</summary>
    ShortCall,

    /// <summary>Back to the caller.</summary>
    Return,

    /// <summary>Into the kernel.</summary>
    Enter,

    /// <summary>Out of the kernel, or out of an interrupt in it.</summary>
    Leave,
}
