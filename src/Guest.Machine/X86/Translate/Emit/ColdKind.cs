namespace Guest.Machine.X86.Translate.Emit;

/// <summary>What a <see cref="ColdStub"/> does.</summary>
internal enum ColdKind
{
    /// <summary>Searches the second-level TLB, or leaves.</summary>
    Access,

    /// <summary>Leaves for the interpreter.</summary>
    Interpret,

    /// <summary>Leaves because the budget is used up, before the block's first instruction.</summary>
    Budget,

    /// <summary>The same after the instruction that first writes the flags, which it executes.</summary>
    BudgetAfterWriter,

    /// <summary>Loads the vector registers.</summary>
    Vectors,

    /// <summary>Loads the x87 unit.</summary>
    X87,

    /// <summary>Leaves because the jump cache does not know a target.</summary>
    Jump,

    /// <summary>Looks for the target of a jump to another page in the jump cache.</summary>
    FarJump,

    /// <summary>The same for a target in R14.</summary>
    IndirectCall,

    /// <summary>A string instruction with DF set.</summary>
    StringDown,

    /// <summary>Notes that a conditional jump is taken, and goes on to its target.</summary>
    Taken,

    /// <summary>The shadow stack does not know a return's target: looks in the jump cache.</summary>
    Return,
}
