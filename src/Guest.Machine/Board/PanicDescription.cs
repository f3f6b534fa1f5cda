namespace Guest.Machine.Board;

/// <summary>A pvpanic device.</summary>
public sealed record PanicDescription : PciDeviceDescription;
