namespace Guest.Machine.Devices;

/// <summary>What the guest can ask of the board as a whole. Every request ends the run after the instruction that made it.</summary>
public interface IBoardControl
{
    /// <summary>The guest switched the machine off (ACPI S5).</summary>
    void PowerOff();

    /// <summary>The guest asked for a reset (reset register, keyboard controller, port 0x92, triple fault).</summary>
    void Reset();

    /// <summary>The guest's kernel says that it has panicked.</summary>
    void Panic();
}
