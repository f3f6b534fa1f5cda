using System.Text.Json.Serialization;

namespace Guest.Machine.Board;

/// <summary>A device on the PCI bus that a machine has beside its standard board. What a manifest does not know by name it refuses.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(PanicDescription), "panic")]
[JsonDerivedType(typeof(EntropyDescription), "entropy")]
[JsonDerivedType(typeof(BlockDescription), "block")]
[JsonDerivedType(typeof(NetworkDescription), "network")]
[JsonDerivedType(typeof(ConsoleDescription), "console")]
public abstract record PciDeviceDescription
{
    /// <summary>Its slot on the bus, 1 to 31, by which the log names it.</summary>
    public required int Slot { get; init; }

    /// <summary>Its name in the state hash, such as <c>disk0</c>; unique in a machine.</summary>
    public required string Name { get; init; }
}
