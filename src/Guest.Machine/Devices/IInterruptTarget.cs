namespace Guest.Machine.Devices;

/// <summary>The vCPU behind a local APIC.</summary>
public interface IInterruptTarget
{
    /// <summary>
    /// The answer of the local APIC's HasInterrupt or HasNmi may have changed: look again before the next instruction.
    /// </summary>
    void InterruptsChanged();
}
