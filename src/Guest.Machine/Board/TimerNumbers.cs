namespace Guest.Machine.Board;

/// <summary>The fixed order of the board's timers (docs/determinism.md): numbers are part of what a recording means and are never reused.</summary>
public static class TimerNumbers
{
    /// <summary>Channel 0 of the 8254.</summary>
    public const int Pit = 0;

    /// <summary>The periodic, alarm and update interrupts of the CMOS clock.</summary>
    public const int Rtc = 1;

    /// <summary>The overflow of the ACPI PM timer.</summary>
    public const int PmTimer = 2;

    /// <summary>The character timeout of the first serial port's receiver.</summary>
    public const int SerialReceive = 3;

    /// <summary>The local APIC timer of vCPU 0; that of vCPU n is this plus n.</summary>
    public const int LocalApic = 64;
}
