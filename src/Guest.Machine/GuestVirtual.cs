namespace Guest.Machine;

/// <summary>A linear address of the guest: after segmentation, before paging.</summary>
/// <param name="Value">The address in bytes.</param>
public readonly record struct GuestVirtual(ulong Value)
{
    /// <inheritdoc/>
    public override string ToString() => $"0x{Value:x}";
}
