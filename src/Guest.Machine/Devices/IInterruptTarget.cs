namespace Guest.Machine.Devices;

/// <summary>The vCPU behind a local APIC.</summary>
public interface IInterruptTarget
{
    /// <summary>
    /// The answer of the local APIC's HasInterrupt or HasNmi may have changed: look again before the next instruction.
    /// </summary>
    void InterruptsChanged();

    /// <summary>INIT has come: resets the vCPU, which then waits for Start-Up (Intel SDM 3A 9.4).</summary>
    void Initialise();

    /// <summary>Start-Up has come: a vCPU that waits for it starts in real mode.</summary>
    /// <param name="vector">The 4 KiB page it starts in.</param>
    void StartUp(byte vector);
}
