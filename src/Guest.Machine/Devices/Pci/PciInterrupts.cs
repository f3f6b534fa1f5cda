using Guest.Machine.Devices.Apic;

namespace Guest.Machine.Devices.Pci;

/// <summary>The wires from the functions' interrupt pins to the I/O APIC: pins 16 to 23, shared by every eighth slot, as the DSDT says.</summary>
/// <remarks>It has no state of its own: a wire is high while any function on it drives its pin.</remarks>
public sealed class PciInterrupts
{
    private const int FirstPin = 16;
    private const int PinCount = IoApic.PinCount - FirstPin;

    private readonly IoApic _ioApic;
    private readonly List<PciFunction> _functions = [];

    /// <summary>Creates wires without functions.</summary>
    public PciInterrupts(IoApic ioApic) => _ioApic = ioApic;

    /// <summary>The I/O APIC pin of a slot's interrupt pin A.</summary>
    public static int PinOf(int slot) => FirstPin + (slot % PinCount);

    /// <summary>A function's pin may have changed.</summary>
    public void Update(int slot)
    {
        bool high = false;
        foreach (PciFunction function in _functions)
        {
            high |= PinOf(function.Slot) == PinOf(slot) && function.DrivesPin;
        }

        _ioApic.Set(PinOf(slot), high);
    }

    internal void Attach(PciFunction function) => _functions.Add(function);
}
