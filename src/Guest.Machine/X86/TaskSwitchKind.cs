namespace Guest.Machine.X86;

/// <summary>What begins a task switch: it decides about busy bits, the link and EFLAGS.NT (Intel SDM 3A 7.3, table 7-2).</summary>
internal enum TaskSwitchKind
{
    /// <summary>JMP: the old task is left for good.</summary>
    Jump,

    /// <summary>CALL, an interrupt or an exception: the new task is nested in the old one.</summary>
    Nest,

    /// <summary>IRET with NT set: back to the task before.</summary>
    Return,
}
