namespace Guest.Machine.Board;

/// <summary>A virtio console device; a machine has one at most, and what is typed goes to it instead of the serial port.</summary>
public sealed record ConsoleDescription : PciDeviceDescription
{
    /// <summary>Characters of a line of the terminal when the machine starts.</summary>
    public required ushort Columns { get; init; }

    /// <summary>Lines of the terminal when the machine starts.</summary>
    public required ushort Rows { get; init; }
}
