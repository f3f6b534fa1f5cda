using Guest.Machine.X86.Decode;
using Iced.Intel;
using static Guest.Machine.X86.Semantics.SystemSegments;

namespace Guest.Machine.X86.Semantics;

/// <summary>Interrupts, system calls, halting and port accesses (Intel SDM 2A, 2B, 3A 5.8.8, 6.8; 1 19).</summary>
internal static class SystemInterrupts
{
    internal static IEnumerable<InstructionRow> Rows() =>
    [
        Row(Code.Int_imm8, Int), Row(Code.Int3, Int3), Row(Code.Into, Into), Row(Code.Int1, Int1),
        Row(Code.Iretw, Iret<W16>), Row(Code.Iretd, Iret<W32>), Row(Code.Iretq, Iret<W64>),
        Row(Code.Cli, Cli), Row(Code.Sti, Sti), Row(Code.Hlt, Hlt),
        Row(Code.Syscall, Syscall), Row(Code.Sysretd, Sysret<W32>), Row(Code.Sysretq, Sysret<W64>),
        Row(Code.Sysenter, Sysenter), Row(Code.Sysexitd, Sysexit<W32>), Row(Code.Sysexitq, Sysexit<W64>),
        Row(Code.In_AL_imm8, In<W8>), Row(Code.In_AX_imm8, In<W16>), Row(Code.In_EAX_imm8, In<W32>),
        Row(Code.In_AL_DX, InDx<W8>), Row(Code.In_AX_DX, InDx<W16>), Row(Code.In_EAX_DX, InDx<W32>),
        Row(Code.Out_imm8_AL, Out<W8>), Row(Code.Out_imm8_AX, Out<W16>), Row(Code.Out_imm8_EAX, Out<W32>),
        Row(Code.Out_DX_AL, OutDx<W8>), Row(Code.Out_DX_AX, OutDx<W16>), Row(Code.Out_DX_EAX, OutDx<W32>),
    ];

    private static void Int(Vcpu cpu, ref Op op)
    {
        if (cpu.InVirtual8086 && (cpu.State.SystemFlags & Flags.IOPL) != Flags.IOPL)
        {
            cpu.RaiseGp();
        }

        cpu.DeliverSoftware((byte)op.Imm, EventKind.Software);
    }

    private static void Int3(Vcpu cpu, ref Op op) => cpu.DeliverSoftware((byte)Vector.BP, EventKind.Software);

    private static void Into(Vcpu cpu, ref Op op)
    {
        if (Flags.Overflow(ref cpu.State))
        {
            cpu.DeliverSoftware((byte)Vector.OF, EventKind.Software);
        }
    }

    private static void Int1(Vcpu cpu, ref Op op) => cpu.DeliverSoftware((byte)Vector.DB, EventKind.PrivilegedSoftware);

    private static void Iret<T>(Vcpu cpu, ref Op op)
        where T : struct, IWidth => cpu.InterruptReturn(T.Bytes);

    private static void Cli(Vcpu cpu, ref Op op)
    {
        RequireIopl(cpu);
        cpu.State.SystemFlags &= ~Flags.IF;
    }

    private static void Sti(Vcpu cpu, ref Op op)
    {
        RequireIopl(cpu);
        ref CpuState s = ref cpu.State;
        if ((s.SystemFlags & Flags.IF) == 0)
        {
            s.SystemFlags |= Flags.IF;
            cpu.SetShadow(InterruptShadow.Sti);
        }
    }

    private static void RequireIopl(Vcpu cpu)
    {
        int iopl = (int)((cpu.State.SystemFlags & Flags.IOPL) >> 12);
        if (cpu.InProtectedMode && cpu.State.Cpl > iopl)
        {
            cpu.RaiseGp();
        }
    }

    private static void Hlt(Vcpu cpu, ref Op op)
    {
        cpu.RequireCpl0();
        cpu.State.Halted = true;
        cpu.Attention = true;
        cpu.EndBlock();
    }

    private static void Syscall(Vcpu cpu, ref Op op)
    {
        ref CpuState s = ref cpu.State;
        if ((s.Efer & ControlBits.EferSce) == 0 || !cpu.InLongMode64)
        {
            cpu.Raise(Vector.UD);
        }

        s.Rcx = s.Rip;
        s.R11 = cpu.GetFlags() & ~Flags.RF;
        s.Rip = s.Lstar;
        SetFlat(cpu, SegmentName.Cs, (ushort)((s.Star >> 32) & 0xFFFC), 0xA09B);
        SetFlat(cpu, SegmentName.Ss, (ushort)(((s.Star >> 32) & 0xFFFC) + 8), 0xC093);
        s.Cpl = 0;
        cpu.SetFlags(s.R11 & ~s.Fmask & ~Flags.RF);
        if ((s.SystemFlags & Flags.TF) == 0)
        {
            cpu.CancelStep();
        }

        cpu.UpdateMode();
    }

    private static void Sysret<T>(Vcpu cpu, ref Op op)
        where T : struct, IWidth
    {
        ref CpuState s = ref cpu.State;
        if ((s.Efer & ControlBits.EferSce) == 0 || !cpu.InLongMode64)
        {
            cpu.Raise(Vector.UD);
        }

        cpu.RequireCpl0();
        bool wide = T.Bits == 64;
        if (wide && !cpu.IsCanonical(s.Rcx))
        {
            cpu.RaiseGp();
        }

        s.Rip = wide ? s.Rcx : (uint)s.Rcx;
        SetFlat(cpu, SegmentName.Cs, (ushort)(((s.Star >> 48) + (wide ? 16UL : 0)) | 3), (ushort)(wide ? 0xA0FB : 0xC0FB));
        SetFlat(cpu, SegmentName.Ss, (ushort)(((s.Star >> 48) + 8) | 3), 0xC0F3);
        s.Cpl = 3;
        const ulong Loaded = 0x3C7FD7;
        cpu.SetFlags(s.R11 & Loaded);
        cpu.NoteFlagsLoaded();
        cpu.UpdateMode();
    }

    private static void Sysenter(Vcpu cpu, ref Op op)
    {
        ref CpuState s = ref cpu.State;
        if (!cpu.InProtectedMode || (s.SysenterCs & 0xFFFC) == 0)
        {
            cpu.RaiseGp();
        }

        bool wide = cpu.InLongMode;
        SetFlat(cpu, SegmentName.Cs, (ushort)(s.SysenterCs & 0xFFFC), (ushort)(wide ? 0xA09B : 0xC09B));
        SetFlat(cpu, SegmentName.Ss, (ushort)((s.SysenterCs & 0xFFFC) + 8), 0xC093);
        s.Cpl = 0;
        s.Rip = wide ? s.SysenterEip : (uint)s.SysenterEip;
        s.Rsp = wide ? s.SysenterEsp : (uint)s.SysenterEsp;
        cpu.SetFlags(cpu.GetFlags() & ~(Flags.VM | Flags.IF | Flags.RF));
        cpu.UpdateMode();
    }

    private static void Sysexit<T>(Vcpu cpu, ref Op op)
        where T : struct, IWidth
    {
        ref CpuState s = ref cpu.State;
        if (!cpu.InProtectedMode || (s.SysenterCs & 0xFFFC) == 0)
        {
            cpu.RaiseGp();
        }

        cpu.RequireCpl0();
        bool wide = T.Bits == 64;
        if (wide && (!cpu.IsCanonical(s.Rdx) || !cpu.IsCanonical(s.Rcx)))
        {
            cpu.RaiseGp();
        }

        SetFlat(cpu, SegmentName.Cs, (ushort)((s.SysenterCs + (wide ? 32UL : 16)) | 3), (ushort)(wide ? 0xA0FB : 0xC0FB));
        SetFlat(cpu, SegmentName.Ss, (ushort)((s.SysenterCs + (wide ? 40UL : 24)) | 3), 0xC0F3);
        s.Cpl = 3;
        s.Rip = wide ? s.Rdx : (uint)s.Rdx;
        s.Rsp = wide ? s.Rcx : (uint)s.Rcx;
        cpu.UpdateMode();
    }

    private static void SetFlat(Vcpu cpu, SegmentName name, ushort selector, ushort attributes) =>
        cpu.State.Segments[(int)name] = new Segment { Selector = selector, Limit = uint.MaxValue, Attributes = attributes };

    private static void In<T>(Vcpu cpu, ref Op op)
        where T : struct, IWidth => Read<T>(cpu, (byte)op.Imm);

    private static void InDx<T>(Vcpu cpu, ref Op op)
        where T : struct, IWidth => Read<T>(cpu, (ushort)cpu.State.Rdx);

    private static void Out<T>(Vcpu cpu, ref Op op)
        where T : struct, IWidth => Write<T>(cpu, (byte)op.Imm);

    private static void OutDx<T>(Vcpu cpu, ref Op op)
        where T : struct, IWidth => Write<T>(cpu, (ushort)cpu.State.Rdx);

    private static void Read<T>(Vcpu cpu, ushort port)
        where T : struct, IWidth
    {
        cpu.CheckPort(port, T.Bytes);
        T.Set(ref cpu.State, 0, cpu.Bus.ReadPort(port, T.Bytes));
    }

    private static void Write<T>(Vcpu cpu, ushort port)
        where T : struct, IWidth
    {
        cpu.CheckPort(port, T.Bytes);
        cpu.Bus.WritePort(port, T.Bytes, (uint)T.Get(ref cpu.State, 0));
    }
}
