namespace Guest.Machine.X86;

/// <summary>Where an event that goes through the IDT comes from (Intel SDM 3A 6.3, 6.4).</summary>
internal enum EventKind
{
    /// <summary>The processor found it in an instruction.</summary>
    Exception,

    /// <summary>A pin or the local APIC.</summary>
    External,

    /// <summary>INT n, INT3, INTO: the gate's DPL is checked.</summary>
    Software,

    /// <summary>INT1: like software, without the check.</summary>
    PrivilegedSoftware,
}
