namespace Guest.Machine.X86;

/// <summary>What the instruction before holds back for one instruction (Intel SDM 3A 6.8).</summary>
public enum InterruptShadow
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>After STI with IF clear before: maskable interrupts.</summary>
    Sti,

    /// <summary>After MOV SS or POP SS: interrupts and debug exceptions.</summary>
    MovSs,
}
