namespace Guest.Linux.Unwinding;

/// <summary>What lies at the base of a frame, and so how the frame before it is found.</summary>
public enum OrcFrame
{
    /// <summary>Nothing is known, or there is no frame before.</summary>
    None,

    /// <summary>A return address below the base.</summary>
    Call,

    /// <summary>All registers at the base (<c>struct pt_regs</c>): an interrupt, exception or system call.</summary>
    Registers,

    /// <summary>What the processor has pushed for an interrupt at the base; the other registers are still what they were.</summary>
    Interrupt,
}
