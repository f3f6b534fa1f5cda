namespace Guest.Machine.Devices.Apic;

/// <summary>The interrupt controller behind LINT0: the 8259 pair.</summary>
public interface IExternalInterrupts
{
    /// <summary>The interrupt-acknowledge cycle: the request goes in service.</summary>
    /// <returns>The vector.</returns>
    byte Acknowledge();
}
