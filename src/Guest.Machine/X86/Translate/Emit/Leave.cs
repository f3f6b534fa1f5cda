namespace Guest.Machine.X86.Translate.Emit;

/// <summary>Why emitted code came back.</summary>
internal enum Leave
{
    /// <summary>The budget of instructions is used up.</summary>
    Budget,

    /// <summary>No level of the TLB knows the right to read.</summary>
    Read,

    /// <summary>No level of the TLB knows the right to write, or the page cannot be written without ceremony.</summary>
    Write,

    /// <summary>The next instruction is one for the interpreter.</summary>
    Interpret,

    /// <summary>A link is followed for the first time.</summary>
    Link,

    /// <summary>The jump cache does not know a target.</summary>
    Jump,
}
