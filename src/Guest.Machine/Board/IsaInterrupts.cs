using Guest.Machine.Devices;
using Guest.Machine.Devices.Apic;
using Guest.Machine.Devices.Pic;

namespace Guest.Machine.Board;

/// <summary>The wires of the ISA interrupts: each goes to the 8259 pair and to the I/O APIC, as the MADT says.</summary>
public sealed class IsaInterrupts : IInterruptLines
{
    /// <summary>The I/O APIC pin of ISA interrupt 0 (interrupt source override of the MADT).</summary>
    public const int TimerPin = 2;

    private readonly PicPair _pic;
    private readonly IoApic _ioApic;

    /// <summary>Connects the wires.</summary>
    public IsaInterrupts(PicPair pic, IoApic ioApic)
    {
        _pic = pic;
        _ioApic = ioApic;
    }

    /// <inheritdoc/>
    public void Set(int irq, bool high)
    {
        _pic.Set(irq, high);
        _ioApic.Set(irq == 0 ? TimerPin : irq, high);
    }
}
