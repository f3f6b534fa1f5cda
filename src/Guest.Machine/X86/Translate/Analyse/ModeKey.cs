namespace Guest.Machine.X86.Translate.Analyse;

/// <summary>What of the processor's mode a translation depends on.</summary>
/// <param name="Value">Bits 0 and 1 the <see cref="AccessMode"/>, then one bit for each property.</param>
internal readonly record struct ModeKey(int Value)
{
    private const int SseBit = 4;
    private const int VexBit = 8;
    private const int MaskedBit = 16;
    private const int WideBit = 32;
    private const int X87Bit = 64;
    private const int ApartBit = 128;
    private const int CrossingBit = 256;

    /// <summary>The privilege of data accesses.</summary>
    internal AccessMode Access => (AccessMode)(Value & 3);

    /// <summary>Whether code runs at CPL 0 to 2.</summary>
    internal bool IsSupervisor => Access != AccessMode.User;

    /// <summary>Whether legacy vector instructions may run.</summary>
    internal bool Sse => (Value & SseBit) != 0;

    /// <summary>Whether VEX instructions may run.</summary>
    internal bool Vex => (Value & VexBit) != 0;

    /// <summary>Whether MXCSR masks every exception.</summary>
    internal bool Masked => (Value & MaskedBit) != 0;

    /// <summary>Whether x87 instructions may run, and every exception of theirs is masked.</summary>
    internal bool X87 => (Value & X87Bit) != 0;

    /// <summary>Whether linear addresses have 57 bits.</summary>
    internal bool Wide => (Value & WideBit) != 0;

    /// <summary>Whether every access is searched for by itself (<see cref="AccessGroups"/>): for a run through a block whose groups lie across a page's end.</summary>
    internal bool IsApart => (Value & ApartBit) != 0;

    /// <summary>The same for such a run.</summary>
    internal ModeKey Apart => new(Value | ApartBit);

    /// <summary>The same for one instruction that goes on in the next page.</summary>
    internal ModeKey Crossing => new(Value | CrossingBit);

    /// <summary>The same for ordinary blocks.</summary>
    internal ModeKey Together => new(Value & ~(ApartBit | CrossingBit));

    /// <summary>What is the same in all modes of privilege.</summary>
    internal int Features => Value & ~3;

    /// <summary>The key of a vCPU's present mode.</summary>
    internal static ModeKey Of(Vcpu cpu)
    {
        ref CpuState s = ref cpu.State;
        const ulong Blocked = ControlBits.Cr0Em | ControlBits.Cr0Ts;
        bool sse = (s.Cr0 & Blocked) == 0 && (s.Cr4 & ControlBits.Cr4OsFxsr) != 0;
        bool vex = (s.Cr0 & ControlBits.Cr0Ts) == 0 && (s.Cr4 & ControlBits.Cr4OsXsave) != 0 && (s.Xcr0 & 6) == 6;
        return new ModeKey((int)s.Mode
            | (sse ? SseBit : 0)
            | (vex ? VexBit : 0)
            | ((s.Mxcsr & 0x1F80) == 0x1F80 ? MaskedBit : 0)
            | ((s.Cr0 & Blocked) == 0 && (X87State.Control(ref s) & X86.X87.Exceptions) == X86.X87.Exceptions ? X87Bit : 0)
            | ((s.Cr4 & ControlBits.Cr4La57) != 0 ? WideBit : 0));
    }

    /// <summary>The same with another privilege.</summary>
    internal ModeKey With(AccessMode access) => new(Features | (int)access);
}
