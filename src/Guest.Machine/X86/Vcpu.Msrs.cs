using static Guest.Machine.X86.ControlBits;

namespace Guest.Machine.X86;

/// <content>Model-specific registers (Intel SDM 4). What is not listed raises #GP, as on hardware that lacks it.</content>
public sealed partial class Vcpu
{
    /// <summary>RDMSR.</summary>
    internal ulong ReadMsr(uint index)
    {
        ref CpuState s = ref State;
        switch (index)
        {
            case 0x10: return Bus.TimeStamp;
            case 0x174: return s.SysenterCs;
            case 0x175: return s.SysenterEsp;
            case 0x176: return s.SysenterEip;
            case 0xC000_0080: return s.Efer;
            case 0xC000_0081: return s.Star;
            case 0xC000_0082: return s.Lstar;
            case 0xC000_0083: return s.Cstar;
            case 0xC000_0084: return s.Fmask;
            case 0xC000_0100: return s.Segments[(int)SegmentName.Fs].Base;
            case 0xC000_0101: return s.Segments[(int)SegmentName.Gs].Base;
            case 0xC000_0102: return s.KernelGsBase;
            case 0xFE: return 0x508; // IA32_MTRRCAP: 8 variable ranges, fixed ranges, write combining.
            case 0x10A: return Model.ArchCapabilities;
            case 0x179: return 0; // IA32_MCG_CAP: no banks.
            case 0x17A: return 0; // IA32_MCG_STATUS.
            case 0x17: return 0; // IA32_PLATFORM_ID.
            case 0xCE: return 0; // MSR_PLATFORM_INFO.
        }

        int known = KnownMsr.Find(index);
        if (known >= 0)
        {
            return s.Msrs[known];
        }

        if (!Bus.TryReadMsr(index, out ulong value))
        {
            RaiseGp();
        }

        return value;
    }

    /// <summary>WRMSR.</summary>
    internal void WriteMsr(uint index, ulong value)
    {
        ref CpuState s = ref State;
        switch (index)
        {
            case 0x174: s.SysenterCs = (uint)value; return;
            case 0x175: s.SysenterEsp = Canonical(value); return;
            case 0x176: s.SysenterEip = Canonical(value); return;
            case 0xC000_0080: WriteEfer(value); return;
            case 0xC000_0081: s.Star = value; return;
            case 0xC000_0082: s.Lstar = Canonical(value); return;
            case 0xC000_0083: s.Cstar = Canonical(value); return;
            case 0xC000_0084: s.Fmask = value <= uint.MaxValue ? value : Refused(); return;
            case 0xC000_0100: s.Segments[(int)SegmentName.Fs].Base = Canonical(value); return;
            case 0xC000_0101: s.Segments[(int)SegmentName.Gs].Base = Canonical(value); return;
            case 0xC000_0102: s.KernelGsBase = Canonical(value); return;
            case 0x8B: return; // IA32_BIOS_SIGN_ID: written with 0 before CPUID to read the microcode revision.
            case 0x79: Refused(); return;
            case 0x17A: _ = value == 0 ? 0 : Refused(); return;
        }

        WriteStoredMsr(index, value);
    }

    private void WriteStoredMsr(uint index, ulong value)
    {
        int known = KnownMsr.Find(index);
        if (known >= 0)
        {
            if ((value & ~KnownMsr.All[known].Writable) != 0 || (index == 0x277 && !ValidPat(value)))
            {
                RaiseGp();
            }

            State.Msrs[known] = value;
        }
        else if (!Bus.TryWriteMsr(index, value))
        {
            RaiseGp();
        }
    }

    private static bool ValidPat(ulong value)
    {
        for (int i = 0; i < 8; i++)
        {
            if ((byte)(value >> (8 * i)) is 2 or 3 or > 7)
            {
                return false;
            }
        }

        return true;
    }

    private void WriteEfer(ulong value)
    {
        ref CpuState s = ref State;
        const ulong Writable = EferSce | EferLme | EferNxe;
        if ((value & ~(Writable | EferLma)) != 0 || (((value ^ s.Efer) & EferLme) != 0 && (s.Cr0 & Cr0Pg) != 0))
        {
            RaiseGp();
        }

        s.Efer = (s.Efer & EferLma) | (value & Writable);
        FlushTranslations();
    }

    private ulong Canonical(ulong value) => IsCanonicalAddress(value) ? value : Refused();

    // MSR addresses are checked against the widest form the processor supports, whatever mode it is in.
    private bool IsCanonicalAddress(ulong value)
    {
        int unused = (State.Cr4 & Cr4La57) != 0 ? 7 : 16;
        return (ulong)((long)(value << unused) >> unused) == value;
    }

    private ulong Refused()
    {
        RaiseGp();
        return 0;
    }
}
