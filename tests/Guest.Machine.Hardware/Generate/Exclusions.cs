using Iced.Intel;

namespace Guest.Machine.Hardware.Generate;

/// <summary>The one list of instructions that are not compared with the host's CPU, each with its reason.</summary>
public static class Exclusions
{
    private const string Escapes = "leaves the code window or enters the host's kernel: covered by the bare-metal suite";
    private const string Segments = "depends on the host kernel's descriptor tables: covered by the bare-metal suite";
    private const string Time = "its result is the machine's time, identity or counters";
    private const string Umip = "the host's kernel emulates or hides it (UMIP): covered by the bare-metal suite";
    private const string Vendor = "Intel and AMD differ (operand-size prefix on a near branch in 64-bit mode); ours follows Intel";
    private const string NativeState = "reads host state that has no counterpart: XCR0 and the FS base belong to the host's process";
    private const string TwoInstructions = "a WAIT and an instruction, which the decoder never yields as one";
    private const string Prefix = "a spelling of the assembler only: the decoder never yields it in 64-bit mode";

    /// <summary>Every exclusion by mnemonic.</summary>
    public static IReadOnlyList<(Mnemonic Mnemonic, string Reason)> Mnemonics { get; } =
    [
        (Mnemonic.Syscall, Escapes), (Mnemonic.Sysenter, Escapes), (Mnemonic.Sysexit, Escapes), (Mnemonic.Sysret, Escapes),
        (Mnemonic.Sysexitq, Escapes), (Mnemonic.Sysretq, Escapes), (Mnemonic.Int, Escapes), (Mnemonic.Iretq, Escapes),
        (Mnemonic.Iretd, Escapes), (Mnemonic.Iret, Escapes), (Mnemonic.Retf, Escapes), (Mnemonic.Int1, Escapes),
        (Mnemonic.Rdtsc, Time), (Mnemonic.Rdtscp, Time), (Mnemonic.Cpuid, Time), (Mnemonic.Rdpmc, Time), (Mnemonic.Rdpid, Time),
        (Mnemonic.Sgdt, Umip), (Mnemonic.Sidt, Umip), (Mnemonic.Sldt, Umip), (Mnemonic.Str, Umip), (Mnemonic.Smsw, Umip),
        (Mnemonic.Lar, Segments), (Mnemonic.Lsl, Segments), (Mnemonic.Verr, Segments), (Mnemonic.Verw, Segments),
        (Mnemonic.Lfs, Segments), (Mnemonic.Lgs, Segments), (Mnemonic.Lss, Segments), (Mnemonic.Lds, Segments), (Mnemonic.Les, Segments),
        (Mnemonic.Xgetbv, NativeState), (Mnemonic.Wrfsbase, NativeState),
    ];

    /// <summary>Why a code is not compared; null where it is.</summary>
    public static string? ReasonFor(Code code)
    {
        OpCodeInfo info = code.ToOpCode();
        if (info.Fwait)
        {
            return TwoInstructions;
        }

        foreach ((Mnemonic mnemonic, string reason) in Mnemonics)
        {
            if (mnemonic == code.Mnemonic())
            {
                return reason;
            }
        }

        return ForForm(code, info);
    }

    /// <summary>Whether the instruction approximates, each vendor in its own way: compared with the host within the error both promise, and with vectors.</summary>
    public static bool IsApproximation(Code code) => code.Mnemonic() is Mnemonic.Rcpps or Mnemonic.Rcpss or Mnemonic.Rsqrtps or Mnemonic.Rsqrtss
        or Mnemonic.Vrcpps or Mnemonic.Vrcpss or Mnemonic.Vrsqrtps or Mnemonic.Vrsqrtss;

    private static string? ForForm(Code code, OpCodeInfo info) => code switch
    {
        Code.Jmp_m1616 or Code.Jmp_m1632 or Code.Jmp_m1664 or Code.Call_m1616 or Code.Call_m1632 or Code.Call_m1664 => Escapes,
        Code.Mov_Sreg_r32m16 or Code.Mov_Sreg_r64m16 or Code.Mov_Sreg_rm16 => Segments,
        Code.Jmp_ptr1616 or Code.Jmp_ptr1632 or Code.Call_ptr1616 or Code.Call_ptr1632 => Escapes,
        _ when code.Mnemonic() == Mnemonic.Pop && IsSegment(info) => Segments,
        Code.Reservednop_rm16_r16_0F0D or Code.Reservednop_rm32_r32_0F0D or Code.Reservednop_rm64_r64_0F0D => Prefix,
        _ when IsNearBranch(code) && info.OperandSize == 16 && info.Mode64 => Vendor,
        _ => null,
    };

    private static bool IsSegment(OpCodeInfo info) => info.Op0Kind is OpCodeOperandKind.es or OpCodeOperandKind.ss or OpCodeOperandKind.ds
        or OpCodeOperandKind.fs or OpCodeOperandKind.gs;

    private static bool IsNearBranch(Code code) =>
        code.FlowControl() is FlowControl.UnconditionalBranch or FlowControl.ConditionalBranch or FlowControl.Call
            or FlowControl.IndirectBranch or FlowControl.IndirectCall or FlowControl.Return;
}
