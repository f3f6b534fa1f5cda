namespace Guest.Machine.X86;

/// <summary>The privilege with which data accesses are translated; each has a TLB of its own.</summary>
public enum AccessMode
{
    /// <summary>CPL 3.</summary>
    User,

    /// <summary>CPL 0 to 2 or an implicit supervisor access, SMAP in force.</summary>
    Supervisor,

    /// <summary>CPL 0 to 2 with EFLAGS.AC set: SMAP off.</summary>
    SupervisorAc,
}
