using static Guest.Machine.X86.ControlBits;

namespace Guest.Machine.X86;

/// <content>The state after reset (Intel SDM 3A table 9-1).</content>
public sealed partial class Vcpu
{
    /// <summary>Puts the vCPU into its state after reset; retired instructions go on counting.</summary>
    public void Reset()
    {
        ref CpuState s = ref State;
        (ulong retired, bool vendorDependent) = (s.Retired, s.VendorDependentUsed);

        // What emitted code keeps is no state of the processor's, and an observer's buffers are among it.
        Translate.Link.EmittedState emitted = s.Emitted;
        s = default;
        s.Emitted = emitted;
        s.Retired = retired;
        s.VendorDependentUsed = vendorDependent;
        s.Rip = 0xFFF0;
        s.SystemFlags = 2;
        s.FlagsResult = 1;
        s.Cr0 = Cr0Et | Cr0Cd | Cr0Nw;
        s.Mxcsr = 0x1F80;
        s.Xcr0 = 1;
        s.Dr6 = 0xFFFF_0FF0;
        s.Dr7 = 0x400;
        s.Rdx = Model.Query(1, 0).Eax;
        s.GdtLimit = 0xFFFF;
        s.IdtLimit = 0xFFFF;
        for (int i = 0; i < 8; i++)
        {
            s.Segments[i] = new Segment { Limit = 0xFFFF, Attributes = 0x93 };
        }

        s.Segments[(int)SegmentName.Cs] = new Segment { Selector = 0xF000, Base = 0xFFFF_0000, Limit = 0xFFFF, Attributes = 0x9B };
        s.Segments[(int)SegmentName.Ldtr].Attributes = 0x82;
        s.Segments[(int)SegmentName.Tr].Attributes = 0x8B;
        s.Fx[0] = 0x37F;
        s.Fx[3] = 0x0000_FFFF_0000_1F80;
        SetStored(0x277, 0x0007_0406_0007_0406);
        SetStored(0x1A0, 0x1801);
        SetStored(0x2FF, 0xC06);
        SetStored(0x8B, 1UL << 32);
        SetStored(0x3A, 1);
        FlushTranslations();
        UpdateMode();
    }

    /// <summary>INIT: as <see cref="Reset"/>, but vector and x87 registers, model-specific registers and the cache bits of CR0 stay (SDM 3A table 9-1).</summary>
    internal void Initialise()
    {
        ref CpuState s = ref State;
        CpuState before = s;
        Reset();
        IsReset = true;
        Attention = true;
        s.Cr0 = Cr0Et | (before.Cr0 & (Cr0Cd | Cr0Nw));
        s.Xcr0 = before.Xcr0;
        s.Mxcsr = before.Mxcsr;
        s.Fx = before.Fx;
        s.Vectors = before.Vectors;
        s.Msrs = before.Msrs;
        (s.Star, s.Lstar, s.Cstar, s.Fmask, s.KernelGsBase) = (before.Star, before.Lstar, before.Cstar, before.Fmask, before.KernelGsBase);
        (s.SysenterCs, s.SysenterEsp, s.SysenterEip) = (before.SysenterCs, before.SysenterEsp, before.SysenterEip);
        ForgetTries();
        UpdateBreakpoints();
        UpdateMode();
    }

    // Values that firmware leaves: default PAT, fast strings without BTS and PEBS, all memory write-back, a microcode revision, locked features.
    private void SetStored(uint index, ulong value) => State.Msrs[KnownMsr.Find(index)] = value;
}
