namespace Guest.Machine;

/// <summary>What the command's process returns (docs/errors.md).</summary>
public enum ExitCode
{
    /// <summary>Done.</summary>
    Done = 0,

    /// <summary>The command was called wrongly.</summary>
    WrongUsage = 1,

    /// <summary>An input is unreadable or damaged; the message names the offset.</summary>
    BadInput = 2,

    /// <summary>A replay left its recording.</summary>
    Divergence = 3,

    /// <summary>The host lacks something; the message names it.</summary>
    HostCannot = 4,

    /// <summary>The guest's kernel panicked.</summary>
    GuestPanicked = 5,
}
