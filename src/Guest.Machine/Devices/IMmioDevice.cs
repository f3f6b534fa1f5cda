namespace Guest.Machine.Devices;

/// <summary>A device with registers in the physical address space.</summary>
public interface IMmioDevice
{
    /// <summary>Reads from the device.</summary>
    /// <param name="offset">Bytes from the start of the device's range.</param>
    /// <param name="size">Bytes: 1, 2, 4 or 8; the access lies within the range, at any alignment.</param>
    ulong Read(ulong offset, int size);

    /// <summary>Writes to the device.</summary>
    /// <param name="offset">Bytes from the start of the device's range.</param>
    /// <param name="size">Bytes: 1, 2, 4 or 8; the access lies within the range, at any alignment.</param>
    /// <param name="value">The value, zero-extended.</param>
    void Write(ulong offset, int size, ulong value);
}
