namespace Guest.Machine.Board;

/// <summary>How a machine ended by its own doing.</summary>
public enum MachineEnd
{
    /// <summary>It runs.</summary>
    None,

    /// <summary>The guest powered off (ACPI S5).</summary>
    PowerOff,

    /// <summary>The guest asked for a reset.</summary>
    Reset,

    /// <summary>A triple fault.</summary>
    TripleFault,

    /// <summary>The guest's kernel panicked and said so.</summary>
    Panicked,
}
