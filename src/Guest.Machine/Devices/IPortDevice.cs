namespace Guest.Machine.Devices;

/// <summary>A device with registers in the I/O port space.</summary>
public interface IPortDevice
{
    /// <summary>Reads a register. Accesses that the device did not claim at this width arrive byte by byte.</summary>
    /// <param name="port">The port of the lowest byte.</param>
    /// <param name="size">Bytes: 1, 2 or 4.</param>
    uint ReadPort(ushort port, int size);

    /// <summary>Writes a register.</summary>
    /// <param name="port">The port of the lowest byte.</param>
    /// <param name="size">Bytes: 1, 2 or 4.</param>
    /// <param name="value">The value, zero-extended.</param>
    void WritePort(ushort port, int size, uint value);
}
