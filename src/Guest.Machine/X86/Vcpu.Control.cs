using Guest.Machine.Board;
using Iced.Intel;
using static Guest.Machine.X86.ControlBits;

namespace Guest.Machine.X86;

/// <content>Control and debug registers (Intel SDM 3A 2.5, 3B 18.2; 2B, MOV).</content>
public sealed partial class Vcpu
{
    /// <summary>MOV from a control register.</summary>
    internal ulong ReadControl(int number) => number switch
    {
        0 => State.Cr0,
        2 => State.Cr2,
        3 => State.Cr3,
        4 => State.Cr4,
        8 => Bus.TaskPriority,
        _ => RaiseUd(),
    };

    /// <summary>MOV to a control register.</summary>
    internal void WriteControl(int number, ulong value)
    {
        switch (number)
        {
            case 0: WriteCr0(value); break;
            case 2: State.Cr2 = value; break;
            case 3: WriteCr3(value); break;
            case 4: WriteCr4(value); break;
            case 8: WriteCr8(value); break;
            default: RaiseUd(); break;
        }
    }

    /// <summary>CR0, with the rules of entering and leaving long mode.</summary>
    internal void WriteCr0(ulong value)
    {
        ref CpuState s = ref State;
        bool paging = (value & Cr0Pg) != 0;
        bool invalid = value > uint.MaxValue
            || (paging && (value & Cr0Pe) == 0)
            || ((value & Cr0Nw) != 0 && (value & Cr0Cd) == 0);
        bool wasPaging = (s.Cr0 & Cr0Pg) != 0;
        if (paging && !wasPaging && (s.Efer & EferLme) != 0)
        {
            invalid |= (s.Cr4 & Cr4Pae) == 0 || s.Segments[(int)SegmentName.Cs].Long || (s.Segments[(int)SegmentName.Tr].Type & 8) == 0;
        }

        if (!paging && wasPaging)
        {
            invalid |= InLongMode64 || (s.Cr4 & Cr4Pcide) != 0;
        }

        if (invalid)
        {
            RaiseGp();
        }

        if (paging && !wasPaging && (s.Efer & EferLme) == 0 && (s.Cr4 & Cr4Pae) != 0)
        {
            LoadPdptes(s.Cr3);
        }

        ulong changed = s.Cr0 ^ value;
        s.Cr0 = (value & Cr0All) | Cr0Et;
        if (paging != wasPaging)
        {
            s.Efer = paging && (s.Efer & EferLme) != 0 ? s.Efer | EferLma : s.Efer & ~EferLma;
        }

        if ((changed & (Cr0Pg | Cr0Wp | Cr0Pe)) != 0)
        {
            FlushTranslations();
        }

        UpdateMode();
    }

    private void WriteCr3(ulong value)
    {
        ref CpuState s = ref State;
        bool pcid = (s.Cr4 & Cr4Pcide) != 0;
        ulong root = pcid ? value & ~(1UL << 63) : value;
        if (InLongMode && (root >> PhysicalBits) != 0)
        {
            RaiseGp();
        }

        if (!InLongMode)
        {
            root = (uint)root;
        }

        if (!InLongMode && (s.Cr0 & Cr0Pg) != 0 && (s.Cr4 & Cr4Pae) != 0)
        {
            LoadPdptes(root);
        }

        s.Cr3 = root;
        SwitchRoot();
    }

    private void LoadPdptes(ulong root)
    {
        ref CpuState s = ref State;
        Span<ulong> pointers = stackalloc ulong[4];
        for (int i = 0; i < 4; i++)
        {
            ulong address = (root & 0xFFFF_FFE0) + (ulong)(i * 8);
            pointers[i] = ulong.MaxValue;
            if (Memory.TryHost(address, out nint host))
            {
                _ = Acquire(Memory.PageOf(host), AccessKind.Read);
                pointers[i] = Native.Raw.Load<ulong>(host);
            }

            const ulong Reserved = 0x1E6 | (~((1UL << PhysicalBits) - 1));
            if ((pointers[i] & Present) != 0 && (pointers[i] & Reserved) != 0)
            {
                RaiseGp();
            }
        }

        (s.Pdpte0, s.Pdpte1, s.Pdpte2, s.Pdpte3) = (pointers[0], pointers[1], pointers[2], pointers[3]);
    }

    private void WriteCr4(ulong value)
    {
        ref CpuState s = ref State;
        bool invalid = (value & ~Model.Cr4Bits) != 0;
        ulong changed = s.Cr4 ^ value;
        if (InLongMode)
        {
            invalid |= (value & Cr4Pae) == 0 || (changed & Cr4La57) != 0;
        }

        if ((changed & value & Cr4Pcide) != 0)
        {
            invalid |= !InLongMode || (s.Cr3 & 0xFFF) != 0;
        }

        if (invalid)
        {
            RaiseGp();
        }

        const ulong Translation = Cr4Pse | Cr4Pae | Cr4La57 | Cr4Smep | Cr4Smap;
        if (!InLongMode && (s.Cr0 & Cr0Pg) != 0 && (value & Cr4Pae) != 0 && (changed & (Cr4Pae | Cr4Pge | Cr4Pse | Cr4Smep)) != 0)
        {
            LoadPdptes(s.Cr3);
        }

        s.Cr4 = value;
        if ((changed & Translation) != 0)
        {
            FlushTranslations();
        }

        UpdateMode();
    }

    private void WriteCr8(ulong value)
    {
        if (value > 15)
        {
            RaiseGp();
        }

        Bus.TaskPriority = value;
        Attention |= Bus.HasInterrupt;
        EndBlock();
    }

    /// <summary>MOV from a debug register.</summary>
    internal ulong ReadDebug(int number)
    {
        CheckDebugAccess(ref number);
        return number switch
        {
            0 => State.Dr0,
            1 => State.Dr1,
            2 => State.Dr2,
            3 => State.Dr3,
            6 => State.Dr6,
            _ => State.Dr7,
        };
    }

    /// <summary>MOV to a debug register.</summary>
    internal void WriteDebug(int number, ulong value)
    {
        CheckDebugAccess(ref number);
        ref CpuState s = ref State;
        if (number >= 6 && value > uint.MaxValue)
        {
            RaiseGp();
        }

        switch (number)
        {
            case 0: s.Dr0 = value; break;
            case 1: s.Dr1 = value; break;
            case 2: s.Dr2 = value; break;
            case 3: s.Dr3 = value; break;
            case 6: s.Dr6 = (value & 0xE00F) | 0xFFFF_0FF0; break;
            default: s.Dr7 = (value & 0xFFFF_2BFF) | 0x400; break;
        }

        UpdateBreakpoints();
    }

    /// <summary>CPUID's answer, with the bits that follow the control registers (OSXSAVE, XSAVE sizes).</summary>
    internal CpuidLeaf Cpuid(uint leaf, uint subleaf)
    {
        ref CpuState s = ref State;
        CpuidLeaf answer = Model.Query(leaf, subleaf);
        return leaf switch
        {
            1 => answer with { Ebx = answer.Ebx | ((uint)Index << 24), Ecx = answer.Ecx | ((s.Cr4 & Cr4OsXsave) != 0 ? 1u << 27 : 0), Edx = answer.Edx & ~(ApicIsOff() ? 1u << 9 : 0) },
            0xB => answer with { Edx = (uint)Index },
            0xD when subleaf == 0 && Model.Announces(CpuidFeature.XSAVE) => answer with { Ebx = (s.Xcr0 & 4) != 0 ? 832u : 576u },
            0xD when subleaf == 1 && Model.Announces(CpuidFeature.XSAVES) => answer with { Ebx = (s.Xcr0 & 4) != 0 ? 832u : 576u },
            _ => answer,
        };
    }

    // A local APIC that IA32_APIC_BASE turns off is not announced (SDM 3A 10.4.3).
    private bool ApicIsOff() => Bus.TryReadMsr(0x1B, out ulong apicBase) && (apicBase & 0x800) == 0;

    private void CheckDebugAccess(ref int number)
    {
        if (number is 4 or 5)
        {
            if ((State.Cr4 & Cr4De) != 0)
            {
                RaiseUd();
            }

            number += 2;
        }

        if (number > 7)
        {
            RaiseUd();
        }

        RequireCpl0();
        if ((State.Dr7 & (1 << 13)) != 0)
        {
            RaiseDebug(1 << 13, trap: false);
        }
    }

    private ulong RaiseUd()
    {
        Raise(Vector.UD);
        return 0;
    }
}
