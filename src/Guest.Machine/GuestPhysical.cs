namespace Guest.Machine;

/// <summary>An address in the guest's physical address space.</summary>
/// <param name="Value">The address in bytes.</param>
public readonly record struct GuestPhysical(ulong Value)
{
    /// <summary>The number of the 4 KiB page that holds it.</summary>
    public ulong Page => Value >> 12;

    /// <inheritdoc/>
    public override string ToString() => $"0x{Value:x}";
}
