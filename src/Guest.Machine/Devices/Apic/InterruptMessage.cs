namespace Guest.Machine.Devices.Apic;

/// <summary>One interrupt on its way from the I/O APIC or a local APIC to local APICs.</summary>
/// <param name="Vector">The vector; for Start-Up the page to start in.</param>
/// <param name="Mode">What it does at the target.</param>
/// <param name="Destination">The target's APIC id, or for logical mode the mask; <see cref="Broadcast"/> for everybody.</param>
/// <param name="Logical">True where <paramref name="Destination"/> is compared with logical ids.</param>
/// <param name="LevelTriggered">True where the end of the interrupt must reach the I/O APIC.</param>
public readonly record struct InterruptMessage(byte Vector, DeliveryMode Mode, uint Destination, bool Logical, bool LevelTriggered)
{
    /// <summary>The physical destination that means every local APIC.</summary>
    public const uint Broadcast = 0xFFFF_FFFF;
}
