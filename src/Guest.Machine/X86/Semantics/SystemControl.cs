using Guest.Machine.Board;
using Guest.Machine.X86.Decode;
using Iced.Intel;
using static Guest.Machine.X86.Semantics.SystemSegments;

namespace Guest.Machine.X86.Semantics;

/// <summary>Control and debug registers, model-specific registers, CPUID, caches and translations (Intel SDM 2A to 2D).</summary>
internal static class SystemControl
{
    internal static IEnumerable<InstructionRow> Rows() =>
    [
        Row(Code.Mov_r32_cr, ReadControl<W32>), Row(Code.Mov_r64_cr, ReadControl<W64>),
        Row(Code.Mov_cr_r32, WriteControl<W32>), Row(Code.Mov_cr_r64, WriteControl<W64>),
        Row(Code.Mov_r32_dr, ReadDebug<W32>), Row(Code.Mov_r64_dr, ReadDebug<W64>),
        Row(Code.Mov_dr_r32, WriteDebug<W32>), Row(Code.Mov_dr_r64, WriteDebug<W64>),
        Row(Code.Clts, Clts),
        Row(Code.Lmsw_rm16, Lmsw, LmswMemory), Row(Code.Lmsw_r32m16, Lmsw, LmswMemory), Row(Code.Lmsw_r64m16, Lmsw, LmswMemory),
        Row(Code.Smsw_rm16, Smsw<W16>, SmswMemory), Row(Code.Smsw_r32m16, Smsw<W32>, SmswMemory), Row(Code.Smsw_r64m16, Smsw<W64>, SmswMemory),
        Row(Code.Invlpg_m, null, Invlpg),
        Row(Code.Invpcid_r32_m128, null, Invpcid<W32>), Row(Code.Invpcid_r64_m128, null, Invpcid<W64>),
        Row(Code.Wbinvd, Privileged), Row(Code.Invd, Privileged),
        Row(Code.Rdmsr, Rdmsr), Row(Code.Wrmsr, Wrmsr), Row(Code.Rdpmc, Rdpmc),
        Row(Code.Rdtsc, Rdtsc), Row(Code.Rdtscp, Rdtscp), Row(Code.Rdpid_r32, Rdpid), Row(Code.Rdpid_r64, Rdpid),
        Row(Code.Cpuid, Cpuid),
        Row(Code.Swapgs, Swapgs), Row(Code.Clac, Clac), Row(Code.Stac, Stac),
        Row(Code.Rdfsbase_r32, ReadBase<W32>), Row(Code.Rdfsbase_r64, ReadBase<W64>), Row(Code.Rdgsbase_r32, ReadBase<W32>), Row(Code.Rdgsbase_r64, ReadBase<W64>),
        Row(Code.Wrfsbase_r32, WriteBase<W32>), Row(Code.Wrfsbase_r64, WriteBase<W64>), Row(Code.Wrgsbase_r32, WriteBase<W32>), Row(Code.Wrgsbase_r64, WriteBase<W64>),
    ];

    private static void ReadControl<T>(Vcpu cpu, ref Op op)
        where T : struct, IWidth
    {
        CheckControl(cpu, op.Reg1);
        T.Set(ref cpu.State, op.Reg0, cpu.ReadControl(op.Reg1));
    }

    private static void WriteControl<T>(Vcpu cpu, ref Op op)
        where T : struct, IWidth
    {
        CheckControl(cpu, op.Reg0);
        cpu.WriteControl(op.Reg0, T.Get(ref cpu.State, op.Reg1));
    }

    private static void CheckControl(Vcpu cpu, byte number)
    {
        if (number is not (0 or 2 or 3 or 4 or 8))
        {
            cpu.Raise(Vector.UD);
        }

        cpu.RequireCpl0();
    }

    private static void ReadDebug<T>(Vcpu cpu, ref Op op)
        where T : struct, IWidth => T.Set(ref cpu.State, op.Reg0, cpu.ReadDebug(op.Reg1));

    private static void WriteDebug<T>(Vcpu cpu, ref Op op)
        where T : struct, IWidth => cpu.WriteDebug(op.Reg0, T.Get(ref cpu.State, op.Reg1));

    private static void Clts(Vcpu cpu, ref Op op)
    {
        cpu.RequireCpl0();
        cpu.State.Cr0 &= ~ControlBits.Cr0Ts;
    }

    private static void Lmsw(Vcpu cpu, ref Op op)
    {
        cpu.RequireCpl0();
        LoadStatusWord(cpu, W16.Get(ref cpu.State, op.Reg0));
    }

    private static void LmswMemory(Vcpu cpu, ref Op op)
    {
        cpu.RequireCpl0();
        LoadStatusWord(cpu, W16.Load(cpu, cpu.Address(ref op)));
    }

    // LMSW sets PE but never clears it.
    private static void LoadStatusWord(Vcpu cpu, ulong value)
    {
        ulong keep = cpu.State.Cr0 & (~0xFUL | ControlBits.Cr0Pe);
        cpu.WriteCr0(keep | (value & 0xF));
    }

    private static void Smsw<T>(Vcpu cpu, ref Op op)
        where T : struct, IWidth
    {
        cpu.RequireUmip();
        T.Set(ref cpu.State, op.Reg0, cpu.State.Cr0);
    }

    private static void SmswMemory(Vcpu cpu, ref Op op)
    {
        cpu.RequireUmip();
        W16.Store(cpu, cpu.Address(ref op), (ushort)cpu.State.Cr0);
    }

    // Translations are always those of the tables as they stand: there is nothing to invalidate.
    private static void Invlpg(Vcpu cpu, ref Op op) => cpu.RequireCpl0();

    private static void Invpcid<T>(Vcpu cpu, ref Op op)
        where T : struct, IWidth
    {
        cpu.RequireCpl0();
        ulong type = T.Get(ref cpu.State, op.Reg0);
        ulong address = cpu.Address(ref op);
        ulong pcid = W64.Load(cpu, address);
        ulong linear = W64.Load(cpu, address + 8);
        bool pcidOff = (cpu.State.Cr4 & ControlBits.Cr4Pcide) == 0;
        if (type > 3 || (pcid >> 12) != 0 || (type == 0 && !cpu.IsCanonical(linear)) || (type < 2 && pcidOff && pcid != 0))
        {
            cpu.RaiseGp();
        }
    }

    private static void Privileged(Vcpu cpu, ref Op op) => cpu.RequireCpl0();

    private static void Rdmsr(Vcpu cpu, ref Op op)
    {
        cpu.RequireCpl0();
        SetPair(cpu, cpu.ReadMsr((uint)cpu.State.Rcx));
    }

    private static void Wrmsr(Vcpu cpu, ref Op op)
    {
        cpu.RequireCpl0();
        ref CpuState s = ref cpu.State;
        cpu.WriteMsr((uint)s.Rcx, (s.Rdx << 32) | (uint)s.Rax);
        cpu.EndBlock();
    }

    // There are no performance counters.
    private static void Rdpmc(Vcpu cpu, ref Op op) => cpu.RaiseGp();

    private static void Rdtsc(Vcpu cpu, ref Op op)
    {
        CheckTsc(cpu);
        SetPair(cpu, cpu.Bus.TimeStamp);
    }

    private static void Rdtscp(Vcpu cpu, ref Op op)
    {
        CheckTsc(cpu);
        SetPair(cpu, cpu.Bus.TimeStamp);
        cpu.State.Rcx = cpu.ReadMsr(0xC000_0103);
    }

    private static void CheckTsc(Vcpu cpu)
    {
        if ((cpu.State.Cr4 & ControlBits.Cr4Tsd) != 0 && cpu.State.Cpl != 0 && cpu.InProtectedMode)
        {
            cpu.RaiseGp();
        }
    }

    private static void Rdpid(Vcpu cpu, ref Op op) => W64.Set(ref cpu.State, op.Reg0, cpu.ReadMsr(0xC000_0103));

    private static void SetPair(Vcpu cpu, ulong value)
    {
        ref CpuState s = ref cpu.State;
        s.Rax = (uint)value;
        s.Rdx = value >> 32;
    }

    private static void Cpuid(Vcpu cpu, ref Op op)
    {
        ref CpuState s = ref cpu.State;
        CpuidLeaf answer = cpu.Cpuid((uint)s.Rax, (uint)s.Rcx);
        (s.Rax, s.Rbx, s.Rcx, s.Rdx) = (answer.Eax, answer.Ebx, answer.Ecx, answer.Edx);
    }

    private static void Swapgs(Vcpu cpu, ref Op op)
    {
        if (!cpu.InLongMode64)
        {
            cpu.Raise(Vector.UD);
        }

        cpu.RequireCpl0();
        ref CpuState s = ref cpu.State;
        ref Segment gs = ref s.Segments[(int)SegmentName.Gs];
        (gs.Base, s.KernelGsBase) = (s.KernelGsBase, gs.Base);
    }

    private static void Clac(Vcpu cpu, ref Op op) => SetAc(cpu, 0);

    private static void Stac(Vcpu cpu, ref Op op) => SetAc(cpu, Flags.AC);

    private static void SetAc(Vcpu cpu, ulong ac)
    {
        if (cpu.State.Cpl != 0)
        {
            cpu.Raise(Vector.UD);
        }

        cpu.State.SystemFlags = (cpu.State.SystemFlags & ~Flags.AC) | ac;
        cpu.UpdateAccessMode();
    }

    private static void ReadBase<T>(Vcpu cpu, ref Op op)
        where T : struct, IWidth => T.Set(ref cpu.State, op.Reg0, Based(cpu, ref op).Base);

    private static void WriteBase<T>(Vcpu cpu, ref Op op)
        where T : struct, IWidth
    {
        ref Segment segment = ref Based(cpu, ref op);
        ulong value = T.Get(ref cpu.State, op.Reg0);
        if (!cpu.IsCanonical(value))
        {
            cpu.RaiseGp();
        }

        segment.Base = value;
    }

    private static ref Segment Based(Vcpu cpu, ref Op op)
    {
        if (!cpu.InLongMode64 || (cpu.State.Cr4 & ControlBits.Cr4FsGsBase) == 0)
        {
            cpu.Raise(Vector.UD);
        }

        bool fs = op.Code is Code.Rdfsbase_r32 or Code.Rdfsbase_r64 or Code.Wrfsbase_r32 or Code.Wrfsbase_r64;
        return ref cpu.State.Segments[(int)(fs ? SegmentName.Fs : SegmentName.Gs)];
    }
}
