namespace Guest.Machine.Devices;

/// <summary>What the guest can ask of the board as a whole. Both requests end the run after the instruction that made them.</summary>
public interface IBoardControl
{
    /// <summary>The guest switched the machine off (ACPI S5).</summary>
    void PowerOff();

    /// <summary>The guest asked for a reset (reset register, keyboard controller, port 0x92, triple fault).</summary>
    void Reset();
}
