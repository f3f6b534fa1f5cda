using System.Runtime.InteropServices;

namespace Guest.Machine.X86.Translate.Link;

/// <summary>The part of a vCPU's state that belongs to emitted code. Not architectural.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct EmittedState
{
    /// <summary>The status flags as LAHF and SETO leave them in AX: AH is the low byte, AL is OF.</summary>
    internal ulong FlagsWord;

    /// <summary>Linear address of the code page in execution, where translations serve every mapping (user code).</summary>
    internal ulong CodePage;

    /// <summary>RAX at an exit: the address of an access or the target of a jump.</summary>
    internal ulong Rax;

    /// <summary>Number of the <see cref="Site"/> or <see cref="BlockLink"/> at which code left.</summary>
    internal int Site;

    /// <summary>Not 0 where another thread wants emitted code to come out at its next block (<see cref="Vcpu.AskToStop"/>).</summary>
    internal int Stop;

    /// <summary>Whether the vector registers and MXCSR are in the host's while code runs; left at an exit, so that it goes on the same.</summary>
    internal int VectorsLive;

    /// <summary>The same of the x87 unit.</summary>
    internal int X87Live;

    /// <summary>R11: instructions left, shifted by 16, above the TLB's control word.</summary>
    internal long Budget;

    /// <summary>RSP of emitted code.</summary>
    internal nint Shadow;

    /// <summary>Where the shadow stack in force begins.</summary>
    internal nint ShadowBottom;

    /// <summary>RSP of the host while emitted code runs.</summary>
    internal nint HostStack;

    /// <summary>What addresses are combined with in the jump caches of user and kernel code.</summary>
    internal ulong UserKey, KernelKey;

    /// <summary>Numbers of the address spaces in force: the second-level TLB's keys.</summary>
    internal ulong UserSpace, KernelSpace;

    /// <summary>R14 at an exit, and where code is entered.</summary>
    internal nint Scratch, Target;

    /// <summary>Host address of RAM, of its pages' flags, of the vCPU's rights to them, and of where its TLB has them.</summary>
    internal nint Ram, PageFlags, Rights, Places;

    /// <summary>Not 0 where an interrupt waits for EFLAGS.IF; where something changes that, emitted code is asked to stop.</summary>
    internal int InterruptWaits;

    /// <summary>The host's own MXCSR.</summary>
    internal uint HostMxcsr;

    /// <summary>Of a trace (<see cref="Observe.CodeTrace"/>): where its next word goes, the last piece's word, and a register put aside.</summary>
    internal nint TraceEnd, TracePiece, TraceSpill;

    /// <summary>The same: where the next indirect jump is written down.</summary>
    internal nint TraceJumps;

    /// <summary>The time: instructions retired since the anchor when the budget will have been used up, ticks at the anchor, ticks per instruction as 32.32 fixed point.</summary>
    internal ulong TimeCount, TimeTicks, TimeRate;

    /// <summary>Not 0 where RDTSC is not allowed.</summary>
    internal int TimeIsKept;

    /// <summary>What an instruction read from memory, or shifted, whose flags are had again where somebody sees them.</summary>
    internal ulong FlagOperand;

    /// <summary>Of an access over two pages: the end of what is accessed in the first, and the beginning of the second.</summary>
    internal nint AcrossFirst, AcrossSecond;

    /// <summary>The same: bytes from both, side by side.</summary>
    internal AcrossBytes Across;

    /// <summary>Indexes, mask and result of a gather.</summary>
    internal GatherPlaces Gather;

    /// <summary>Host addresses of what groups of accesses have found (<see cref="Analyse.AccessGroup"/>).</summary>
    internal GroupPlaces Groups;
}
