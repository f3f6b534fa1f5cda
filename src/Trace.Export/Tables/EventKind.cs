namespace Trace.Export.Tables;

/// <summary>What happened in a row of the events table (docs/tables.md says what its columns hold for each). Its name there is in lower case with underscores.</summary>
public enum EventKind : byte
{
    /// <summary>A hardware interrupt was delivered.</summary>
    Interrupt,

    /// <summary>A non-maskable interrupt was delivered.</summary>
    Nmi,

    /// <summary>An exception was delivered: a fault, a trap or an abort.</summary>
    Exception,

    /// <summary>INT n, INT3, INTO or INT1 was delivered.</summary>
    SoftwareInterrupt,

    /// <summary>The privilege level changed: by delivery of an interrupt or exception, a system call, a far transfer or a return.</summary>
    RingSwitch,

    /// <summary>The operating mode changed: real, protected, compatibility, 64-bit.</summary>
    ModeSwitch,

    /// <summary>CR3 was loaded.</summary>
    Cr3Write,
}
