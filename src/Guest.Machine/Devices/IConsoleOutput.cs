namespace Guest.Machine.Devices;

/// <summary>Where the bytes go that the guest sends over a serial port: an output of the machine.</summary>
public interface IConsoleOutput
{
    /// <summary>Takes one byte, in the order sent, at the position of the port write.</summary>
    void Write(byte value);
}
