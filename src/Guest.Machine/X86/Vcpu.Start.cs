using Guest.Machine.Board.Boot;

namespace Guest.Machine.X86;

/// <content>The state in which a boot loader hands over (Linux: Documentation/arch/x86/boot.rst, 64-bit boot protocol).</content>
public sealed partial class Vcpu
{
    /// <summary>Puts the vCPU at a kernel's entry: 64-bit mode, flat segments, interrupts off.</summary>
    public void StartAt(BootState boot)
    {
        ref CpuState s = ref State;
        s.Cr0 = BootState.Cr0;
        s.Cr3 = boot.Cr3.Value;
        s.Cr4 = BootState.Cr4;
        s.Efer = BootState.Efer;
        s.GdtBase = boot.GdtBase.Value;
        s.GdtLimit = boot.GdtLimit;
        s.IdtLimit = 0;
        s.Segments[(int)SegmentName.Cs] = new Segment { Selector = BootState.CodeSelector, Limit = uint.MaxValue, Attributes = 0xA09B };
        foreach (SegmentName name in (ReadOnlySpan<SegmentName>)[SegmentName.Ds, SegmentName.Es, SegmentName.Ss, SegmentName.Fs, SegmentName.Gs])
        {
            s.Segments[(int)name] = new Segment { Selector = BootState.DataSelector, Limit = uint.MaxValue, Attributes = 0xC093 };
        }

        s.Rdx = 0;
        s.Rsi = boot.Rsi.Value;
        s.Rip = boot.Rip.Value;
        FlushTranslations();
        UpdateMode();
    }
}
