namespace Guest.Machine.X86.Translate.Decode;

/// <summary>How an instruction is translated.</summary>
internal enum EmitKind : byte
{
    /// <summary>Not at all: the interpreter executes it. Ends the block before it.</summary>
    Interpret,

    /// <summary>It does nothing (NOP, ENDBR64, PAUSE, fences and prefetches: there are no caches and one vCPU).</summary>
    Nothing,

    /// <summary>The same instruction with its registers and memory operand replaced.</summary>
    Plain,

    /// <summary>As <see cref="Plain"/>, on vector registers.</summary>
    Vector,

    /// <summary>As <see cref="Plain"/>, and flags that the manual leaves open get the values of docs/defined-results.md.</summary>
    Bits,

    /// <summary>LEA.</summary>
    Lea,

    /// <summary>MOV of an immediate to a register by the short encoding.</summary>
    MoveImmediate,

    /// <summary>Arithmetic or TEST of the accumulator and an immediate by the short encodings.</summary>
    Accumulator,

    /// <summary>MOV between the accumulator and an absolute address.</summary>
    MoveOffset,

    /// <summary>XCHG with the accumulator by the short encoding.</summary>
    ExchangeAccumulator,

    /// <summary>BSWAP.</summary>
    ByteSwap,

    /// <summary>CBW, CWDE, CDQE.</summary>
    WidenAccumulator,

    /// <summary>CWD, CDQ, CQO.</summary>
    WidenToDx,

    /// <summary>Shifts and rotates by an immediate or by 1.</summary>
    ShiftImmediate,

    /// <summary>Shifts and rotates by CL.</summary>
    ShiftByCl,

    /// <summary>RCL, RCR by CL or by an immediate.</summary>
    RotateThrough,

    /// <summary>SHLD, SHRD of 16 bits.</summary>
    DoubleShiftNarrow,

    /// <summary>MUL, IMUL with one operand.</summary>
    MultiplyWide,

    /// <summary>IMUL with two or three operands.</summary>
    Multiply,

    /// <summary>DIV.</summary>
    Divide,

    /// <summary>IDIV.</summary>
    SignedDivide,

    /// <summary>BSF, BSR.</summary>
    BitScan,

    /// <summary>TZCNT, LZCNT.</summary>
    ZeroCount,

    /// <summary>BT, BTS, BTR, BTC of a register's bit number and a memory operand.</summary>
    BitString,

    /// <summary>CMPXCHG.</summary>
    CompareExchange,

    /// <summary>CMPXCHG8B, CMPXCHG16B.</summary>
    CompareExchangeWide,

    /// <summary>PUSH of a register.</summary>
    Push,

    /// <summary>PUSH of an immediate.</summary>
    PushImmediate,

    /// <summary>PUSH of a memory operand.</summary>
    PushMemory,

    /// <summary>POP of a register.</summary>
    Pop,

    /// <summary>PUSH of 16 bits, of a segment register or of 16-bit flags.</summary>
    PushOther,

    /// <summary>POP of a 16-bit register.</summary>
    PopNarrow,

    /// <summary>POP of a memory operand.</summary>
    PopMemory,

    /// <summary>POPF.</summary>
    PopFlags,

    /// <summary>LEAVE.</summary>
    Leave,

    /// <summary>LEAVE of 16 bits.</summary>
    LeaveNarrow,

    /// <summary>ENTER without outer frames.</summary>
    EnterFrame,

    /// <summary>CALL with a displacement.</summary>
    Call,

    /// <summary>CALL of a register or memory operand.</summary>
    CallIndirect,

    /// <summary>RET.</summary>
    Return,

    /// <summary>JMP with a displacement.</summary>
    Jump,

    /// <summary>JMP of a register or memory operand.</summary>
    JumpIndirect,

    /// <summary>Jcc.</summary>
    JumpIf,

    /// <summary>JRCXZ, JECXZ, LOOP.</summary>
    CountJump,

    /// <summary>LOOPE, LOOPNE.</summary>
    CountJumpIf,

    /// <summary>LAHF.</summary>
    LoadFlags,

    /// <summary>SAHF.</summary>
    StoreFlags,

    /// <summary>CLD, STD.</summary>
    Direction,

    /// <summary>CLI.</summary>
    DisableInterrupts,

    /// <summary>STI.</summary>
    EnableInterrupts,

    /// <summary>PUSHF.</summary>
    PushFlags,

    /// <summary>STAC, CLAC.</summary>
    AccessCheck,

    /// <summary>SWAPGS.</summary>
    SwapGs,

    /// <summary>MOV from a segment register to a register.</summary>
    ReadSegment,

    /// <summary>RDFSBASE, RDGSBASE.</summary>
    ReadBase,

    /// <summary>WRFSBASE, WRGSBASE.</summary>
    WriteBase,

    /// <summary>CLFLUSH, CLFLUSHOPT, CLWB: there is no cache, but the address is checked.</summary>
    FlushLine,

    /// <summary>XLAT.</summary>
    TranslateByte,

    /// <summary>MOVS, STOS, LODS.</summary>
    String,

    /// <summary>SCAS, CMPS.</summary>
    StringCompare,

    /// <summary>x87 instructions that the host's unit executes as they are.</summary>
    X87,

    /// <summary>FNSTENV, FLDENV, FNSAVE, FRSTOR.</summary>
    X87Environment,

    /// <summary>Instructions on the MMX registers, with other operands than SSE's.</summary>
    Mmx,

    /// <summary>Moves and conversions between MMX and SSE registers.</summary>
    MmxAndSse,

    /// <summary>MASKMOVQ.</summary>
    MaskedQuadword,

    /// <summary>MASKMOVDQU.</summary>
    MaskedBytes,

    /// <summary>RCPPS, RSQRTPS, and of one element.</summary>
    Approximate,

    /// <summary>FXSAVE, XSAVE, XSAVEOPT, XSAVEC, XSAVES.</summary>
    SaveState,

    /// <summary>FXRSTOR, XRSTOR, XRSTORS.</summary>
    RestoreState,

    /// <summary>XGETBV.</summary>
    ReadXcr0,

    /// <summary>LDMXCSR.</summary>
    LoadMxcsr,

    /// <summary>VMASKMOV, VPMASKMOV.</summary>
    MaskedMove,

    /// <summary>VGATHER, VPGATHER.</summary>
    Gather,

    /// <summary>PCMPISTRI, PCMPESTRI, PCMPESTRM.</summary>
    StringIndex,

    /// <summary>VZEROUPPER, VZEROALL.</summary>
    ZeroUpper,

    /// <summary>RDTSC, RDTSCP.</summary>
    ReadTime,
}
