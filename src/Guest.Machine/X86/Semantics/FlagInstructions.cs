using Guest.Machine.X86.Decode;
using Iced.Intel;

namespace Guest.Machine.X86.Semantics;

/// <summary>CLC, STC, CMC, CLD, STD, LAHF, SAHF, SALC, PUSHF, POPF (Intel SDM 2A and 2B).</summary>
internal static class FlagInstructions
{
    private const ulong LowByte = Flags.SF | Flags.ZF | Flags.AF | Flags.PF | Flags.CF;
    private const ulong Plain = Flags.Status | Flags.TF | Flags.DF | Flags.NT | Flags.AC | Flags.ID;

    internal static InstructionRow[] Rows() =>
    [
        new(Code.Clc, Clc),
        new(Code.Stc, Stc),
        new(Code.Cmc, Cmc),
        new(Code.Cld, Cld),
        new(Code.Std, Std),
        new(Code.Lahf, Lahf),
        new(Code.Sahf, Sahf),
        new(Code.Salc, Salc),
        new(Code.Pushfw, Push<W16>, Result: ResultKind.System),
        new(Code.Pushfd, Push<W32>, Result: ResultKind.System),
        new(Code.Pushfq, Push<W64>, Result: ResultKind.System),
        new(Code.Popfw, Pop<W16>, Result: ResultKind.System),
        new(Code.Popfd, Pop<W32>, Result: ResultKind.System),
        new(Code.Popfq, Pop<W64>, Result: ResultKind.System),
    ];

    private static void Clc(Vcpu cpu, ref Op op) => Flags.SetCarry(ref cpu.State, false);

    private static void Stc(Vcpu cpu, ref Op op) => Flags.SetCarry(ref cpu.State, true);

    private static void Cmc(Vcpu cpu, ref Op op) => Flags.SetCarry(ref cpu.State, Flags.Carry(ref cpu.State) == 0);

    private static void Cld(Vcpu cpu, ref Op op) => cpu.State.SystemFlags &= ~Flags.DF;

    private static void Std(Vcpu cpu, ref Op op) => cpu.State.SystemFlags |= Flags.DF;

    private static void Lahf(Vcpu cpu, ref Op op)
    {
        ref CpuState s = ref cpu.State;
        s.Rax = (s.Rax & ~0xFF00UL) | (((Flags.GetStatus(ref s) & LowByte) | 2) << 8);
    }

    private static void Sahf(Vcpu cpu, ref Op op)
    {
        ref CpuState s = ref cpu.State;
        Flags.SetStatus(ref s, ((s.Rax >> 8) & LowByte) | (Flags.GetStatus(ref s) & Flags.OF));
    }

    // AL becomes 0xFF or 0 by CF; no flag changes. Undocumented, and in every processor.
    private static void Salc(Vcpu cpu, ref Op op)
    {
        ref CpuState s = ref cpu.State;
        s.Rax = (s.Rax & ~0xFFUL) | (byte)(0 - Flags.Carry(ref s));
    }

    private static void Push<T>(Vcpu cpu, ref Op op)
        where T : struct, IWidth
    {
        ref CpuState s = ref cpu.State;
        ulong flags = cpu.GetFlags() & ~(Flags.VM | Flags.RF);
        if (IsConfined(cpu))
        {
            RequireVirtualInterrupts<T>(cpu);
            flags = (flags & ~Flags.IF) | Flags.IOPL | ((s.SystemFlags & Flags.VIF) != 0 ? Flags.IF : 0);
        }

        StackAccess.Push<T>(cpu, flags);
    }

    private static void Pop<T>(Vcpu cpu, ref Op op)
        where T : struct, IWidth
    {
        ref CpuState s = ref cpu.State;
        bool confined = IsConfined(cpu);
        if (confined)
        {
            RequireVirtualInterrupts<T>(cpu);
        }

        ulong popped = StackAccess.Peek<T>(cpu);
        ulong changes = Changes(cpu) & T.Mask;
        ulong flags = (cpu.GetFlags() & ~changes & ~Flags.RF) | (popped & changes);
        if (confined)
        {
            if ((popped & Flags.TF) != 0 || ((s.SystemFlags & Flags.VIP) != 0 && (popped & Flags.IF) != 0))
            {
                cpu.RaiseGp();
            }

            flags = (flags & ~Flags.VIF) | ((popped & Flags.IF) != 0 ? Flags.VIF : 0);
        }

        StackAccess.Release(cpu, (ulong)T.Bytes);
        cpu.SetFlags(flags);
    }

    // The flags POPF may change by privilege (SDM 2B, POPF, table 4-16).
    private static ulong Changes(Vcpu cpu)
    {
        ref CpuState s = ref cpu.State;
        if (!cpu.InProtectedMode)
        {
            return Plain | Flags.IF | Flags.IOPL;
        }

        ulong iopl = (s.SystemFlags & Flags.IOPL) >> 12;
        int cpl = cpu.InVirtual8086 ? 3 : s.Cpl;
        return Plain | (cpl == 0 ? Flags.IOPL : 0) | ((ulong)cpl <= iopl ? Flags.IF : 0);
    }

    // Virtual-8086 mode with IOPL below 3.
    private static bool IsConfined(Vcpu cpu) => cpu.InVirtual8086 && (cpu.State.SystemFlags & Flags.IOPL) != Flags.IOPL;

    private static void RequireVirtualInterrupts<T>(Vcpu cpu)
        where T : struct, IWidth
    {
        if ((cpu.State.Cr4 & ControlBits.Cr4Vme) == 0 || T.Bits != 16)
        {
            cpu.RaiseGp();
        }
    }
}
