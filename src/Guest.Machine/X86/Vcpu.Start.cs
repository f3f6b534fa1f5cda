using Guest.Machine.Board.Boot;

namespace Guest.Machine.X86;

/// <content>
/// The state in which a boot loader hands over (Linux: Documentation/arch/x86/boot.rst, 64-bit boot protocol), and INIT, Start-Up and PAUSE among several.
/// </content>
public sealed partial class Vcpu
{
    private bool _hasPaused;

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

    /// <summary>Whether it takes turns with others: PAUSE then ends its turn.</summary>
    internal bool TakesTurns { get; init; }

    /// <summary>Start-Up: begins in real mode at the start of a page (Intel SDM 3A 9.4.3).</summary>
    internal void StartUp(byte vector)
    {
        State.Segments[(int)SegmentName.Cs].Selector = (ushort)(vector << 8);
        State.Segments[(int)SegmentName.Cs].Base = (ulong)vector << 12;
        State.Rip = 0;
        UpdateMode();
    }

    /// <summary>PAUSE: the engine comes back after it.</summary>
    internal void Pause()
    {
        _hasPaused = true;
        Attention = true;
        EndBlock();
    }

    /// <summary>Says once that a PAUSE has ended its turn.</summary>
    internal bool TakePause()
    {
        bool paused = _hasPaused;
        _hasPaused = false;
        return paused;
    }
}
