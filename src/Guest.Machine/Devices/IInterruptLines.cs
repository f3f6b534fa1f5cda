namespace Guest.Machine.Devices;

/// <summary>The interrupt lines of the board as a device sees them: one wire per ISA interrupt number.</summary>
public interface IInterruptLines
{
    /// <summary>Drives a wire. Driving it to the level it has changes nothing.</summary>
    /// <param name="irq">The ISA interrupt number, 0 to 15.</param>
    /// <param name="high">The level.</param>
    void Set(int irq, bool high);
}
