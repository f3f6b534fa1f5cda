namespace Trace.Export.Tables;

/// <summary>What an instruction does, coarsely: the first of these that fits (docs/tables.md). Its name in a table is the lower-case word.</summary>
public enum InstructionKind : byte
{
    /// <summary>Computes or moves within registers, and whatever fits no other kind.</summary>
    Alu,

    /// <summary>Reads memory and does not write it: MOV from memory, POP, CMP and TEST with memory, ADD to a register.</summary>
    Load,

    /// <summary>Writes memory and does not read it: MOV to memory, PUSH, STOS.</summary>
    Store,

    /// <summary>Reads and writes memory: ADD to memory, XCHG, MOVS, PUSH and POP of memory.</summary>
    Update,

    /// <summary>Jumps on a condition: Jcc, LOOP, JRCXZ.</summary>
    Branch,

    /// <summary>Jumps always.</summary>
    Jump,

    /// <summary>CALL, near or far.</summary>
    Call,

    /// <summary>RET, near or far.</summary>
    Ret,

    /// <summary>Enters the kernel: SYSCALL, SYSENTER, INT n, INT3, INTO, INT1.</summary>
    Syscall,

    /// <summary>Returns from the kernel or from an interrupt: SYSRET, SYSEXIT, IRET.</summary>
    Sysret,

    /// <summary>Port input and output: IN, OUT, INS, OUTS.</summary>
    Io,

    /// <summary>HLT.</summary>
    Halt,

    /// <summary>Needs privilege 0, or touches system state: control and debug registers, MSRs, descriptor tables, TLB, caches, CLI and STI.</summary>
    System,

    /// <summary>Orders memory or the pipeline: MFENCE, LFENCE, SFENCE, SERIALIZE, PAUSE.</summary>
    Fence,

    /// <summary>Does nothing: NOP, prefetches, ENDBR.</summary>
    Nop,
}
