using Guest.Machine.Native;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Guest.Machine.X86.HostCode;

/// <summary>Turns the host's SIMD floating-point exception in a stub into the stub's second way out.</summary>
/// <remarks>
/// A stub runs with the guest's own MXCSR. Where the guest has unmasked an exception and it occurs, the host's processor raises it with
/// exactly the flags that the guest's would have, before any result is written; Linux reports it as SIGFPE. The handler is emitted code:
/// it sends the thread on to the fault exit when it stood in a stub, and passes every other SIGFPE to the runtime's handler.
/// </remarks>
public static class FloatingPointFault
{
    /// <summary>What a stub returns when its instruction raised a SIMD floating-point exception.</summary>
    internal const ulong Raised = ulong.MaxValue;

    private const int SavedRip = 168; // ucontext_t.uc_mcontext.gregs[REG_RIP]

    /// <summary>Installs the handler now: for programs that handle SIGFPE themselves and hand on what is not theirs.</summary>
    public static void Claim() => SimdStubs.Start();

    /// <summary>Emits the fault exit and the signal's handler, and installs it.</summary>
    internal static void Install(CodeArena arena)
    {
        nint exit = EmitExit(arena);
        SignalAction action = SignalAction.OfFloatingPoint();
        action.Handler = EmitHandler(arena, exit, action.Handler);
        action.SetForFloatingPoint();
    }

    // R9 still points to the state: keep the flags, give the host its control words back, report.
    private static nint EmitExit(CodeArena arena)
    {
        var writer = new StubWriter(arena.Next);
        writer.Memory(Code.Stmxcsr_m32, Register.R9, StateLayout.Mxcsr);
        writer.RestoreHostMxcsr();
        writer.Emit(Code.Emms);
        writer.Emit(Code.VEX_Vzeroupper);
        writer.Emit(Instruction.Create(Code.Mov_rm64_imm32, Register.RAX, -1));
        writer.Emit(Code.Retnq);
        return arena.Add(writer.ToArray());
    }

    // void handler(int signal, siginfo_t*, ucontext_t*)
    private static nint EmitHandler(CodeArena arena, nint exit, nint chained)
    {
        var writer = new StubWriter(arena.Next);
        var code = new Assembler(64);
        Label notOurs = code.CreateLabel();
        code.mov(rax, __[rdx + SavedRip]);
        code.mov(rcx, (ulong)arena.Start);
        code.sub(rax, rcx);
        code.cmp(rax, CodeArena.Capacity);
        code.jae(notOurs);
        code.mov(rax, (ulong)exit);
        code.mov(__[rdx + SavedRip], rax);
        code.ret();
        code.Label(ref notOurs);
        code.mov(rax, (ulong)chained);
        code.jmp(rax);
        _ = code.Assemble(writer, (ulong)arena.Next);
        return arena.Add(writer.ToArray());
    }
}
