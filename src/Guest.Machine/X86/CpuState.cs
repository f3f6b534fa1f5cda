using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Guest.Machine.X86.Translate.Link;

namespace Guest.Machine.X86;

/// <summary>Everything a vCPU is, as one block of mapped memory that every engine shares.</summary>
/// <remarks>
/// The register file comes first: 16 general registers, RIP, and a register that is always zero, each 8 bytes. Fields that are not
/// architectural (TLB pointers, the loop's counter) are derived and are left out of the state hash.
/// </remarks>
[StructLayout(LayoutKind.Sequential)]
public struct CpuState
{
    /// <summary>Byte offset of RIP in the register file.</summary>
    public const byte RipOffset = 16 * 8;

    /// <summary>Byte offset of the register that is always zero.</summary>
    public const byte ZeroOffset = 17 * 8;

    /// <summary>General registers in the encoding's order.</summary>
    public ulong Rax, Rcx, Rdx, Rbx, Rsp, Rbp, Rsi, Rdi, R8, R9, R10, R11, R12, R13, R14, R15;

    /// <summary>The next instruction's address (offset in CS outside 64-bit mode).</summary>
    public ulong Rip;

    /// <summary>Always zero: the base and index of addresses that have none.</summary>
    public ulong Zero;

    /// <summary>Instructions retired since the recording began.</summary>
    public ulong Retired;

    /// <summary>Instructions left of the block in execution; zero ends it after the present one.</summary>
    public long OpsLeft;

    /// <summary>RIP of the instruction in execution: where a fault puts it back to. Not architectural.</summary>
    public ulong InstructionStart;

    /// <summary>The status flags in lazy form, see <see cref="Flags"/>.</summary>
    public ulong FlagsResult, FlagsAux;

    /// <summary>RFLAGS without the six status flags (bit 1 always set).</summary>
    public ulong SystemFlags;

    /// <summary>The TLB table in force for the present privilege (<see cref="TlbEntry"/>).</summary>
    internal nint Tlb;

    /// <summary>(entries - 1) * 8: selects the byte offset of a tag.</summary>
    internal ulong TlbMask;

    /// <summary>What emitted code keeps beside the registers.</summary>
    internal EmittedState Emitted;

    /// <summary>Current privilege level.</summary>
    public int Cpl;

    /// <summary>Which of the translations' privilege variants is in force (<see cref="AccessMode"/>).</summary>
    internal AccessMode Mode;

    /// <summary>Set by STI, MOV SS and POP SS: no interrupt before the next instruction has retired (SDM 3A 6.8.1, 6.8.3).</summary>
    public InterruptShadow Shadow;

    /// <summary>Whether the vCPU waits in HLT.</summary>
    public bool Halted;

    /// <summary>Whether non-maskable interrupts wait for the next IRET (SDM 3A 6.7.1).</summary>
    public bool NmiBlocked;

    /// <summary>Data breakpoints (bits 0 to 3) hit by a MOV SS or POP SS, reported after the instruction that follows it (SDM 3A 6.8.3).</summary>
    public byte PendingBreakpoints;

    /// <summary>Whether a REP string instruction at RIP has done some of its iterations but not all.</summary>
    public bool InRep;

    /// <summary>ES, CS, SS, DS, FS, GS, LDTR, TR.</summary>
    public SegmentFile Segments;

    /// <summary>Base and limit of the two descriptor tables.</summary>
    public ulong GdtBase, IdtBase;

    /// <summary>Limits of the two descriptor tables.</summary>
    public uint GdtLimit, IdtLimit;

    /// <summary>Control registers. CR8 is the local APIC's task priority.</summary>
    public ulong Cr0, Cr2, Cr3, Cr4, Xcr0, Efer;

    /// <summary>IA32_KERNEL_GS_BASE.</summary>
    public ulong KernelGsBase;

    /// <summary>SYSCALL's registers: STAR, LSTAR, CSTAR, FMASK.</summary>
    public ulong Star, Lstar, Cstar, Fmask;

    /// <summary>SYSENTER's registers.</summary>
    public ulong SysenterCs, SysenterEsp, SysenterEip;

    /// <summary>Further model-specific registers that hold a value: PAT, TSC_AUX, TSC_ADJUST, MISC_ENABLE, XSS, SPEC_CTRL and the MTRRs.</summary>
    public MsrFile Msrs;

    /// <summary>Debug registers 0 to 3, 6 and 7.</summary>
    public ulong Dr0, Dr1, Dr2, Dr3, Dr6, Dr7;

    /// <summary>SSE control and status.</summary>
    public uint Mxcsr;

    /// <summary>The page directory pointers of PAE paging, loaded with CR3.</summary>
    public ulong Pdpte0, Pdpte1, Pdpte2, Pdpte3;

    /// <summary>x87 and MMX state in the 64-bit FXSAVE layout; its XMM part and MXCSR are unused.</summary>
    public FxArea Fx;

    /// <summary>YMM0 to YMM15; the XMM registers are their lower halves.</summary>
    public VectorFile Vectors;

    /// <summary>Whether an instruction has run whose result depends on the host's vendor (x87 transcendental functions).</summary>
    public bool VendorDependentUsed;

    /// <summary>Room for operands of emitted code. Not architectural, and means nothing between instructions.</summary>
    internal ScratchArea Scratch;

    /// <summary>The segment registers, indexed by <see cref="SegmentName"/>.</summary>
    [InlineArray(8)]
    public struct SegmentFile
    {
        private Segment _first;
    }

    /// <summary>Model-specific registers that are plain storage, indexed by their rows in the list of known registers.</summary>
    [InlineArray(64)]
    public struct MsrFile
    {
        private ulong _first;
    }

    /// <summary>512 bytes in FXSAVE64 layout.</summary>
    [InlineArray(64)]
    public struct FxArea
    {
        private ulong _first;
    }

    /// <summary>704 bytes: an operand and an FXSAVE image, wherever their 64-byte boundary falls.</summary>
    [InlineArray(88)]
    internal struct ScratchArea
    {
        private ulong _first;
    }

    /// <summary>Sixteen vectors of 32 bytes, as quadwords.</summary>
    [InlineArray(64)]
    public struct VectorFile
    {
        private ulong _first;
    }
}
