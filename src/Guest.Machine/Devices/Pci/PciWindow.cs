namespace Guest.Machine.Devices.Pci;

/// <summary>A part of the physical address space that the host bridge passes on to the bus.</summary>
public sealed class PciWindow : IMmioDevice
{
    private readonly PciHost _host;

    /// <summary>Creates the window.</summary>
    /// <param name="host">The bridge.</param>
    /// <param name="start">Its first address.</param>
    /// <param name="end">The first address behind it.</param>
    public PciWindow(PciHost host, uint start, uint end)
    {
        _host = host;
        Start = start;
        Size = end - start;
    }

    /// <summary>Its first address.</summary>
    public uint Start { get; }

    /// <summary>Its bytes.</summary>
    public uint Size { get; }

    /// <inheritdoc/>
    public ulong Read(ulong offset, int size) => _host.Find(new GuestPhysical(Start + offset), size, out int bar, out uint at) is { } function
        ? function.ReadRange(bar, at, size)
        : ulong.MaxValue >> (64 - (8 * size));

    /// <inheritdoc/>
    public void Write(ulong offset, int size, ulong value) =>
        _host.Find(new GuestPhysical(Start + offset), size, out int bar, out uint at)?.WriteRange(bar, at, size, value);
}
