using Guest.Machine.State;

namespace Guest.Machine.Devices.Reset;

/// <summary>Port 0x80, where firmware shows its progress and Linux writes to let a microsecond pass. It keeps the last byte.</summary>
public sealed class PostPort : IDevice, IPortDevice
{
    /// <summary>The port.</summary>
    public const ushort Port = 0x80;

    private byte last;

    /// <inheritdoc/>
    public string Name => "post";

    /// <inheritdoc/>
    public uint ReadPort(ushort port, int size) => last;

    /// <inheritdoc/>
    public void WritePort(ushort port, int size, uint value) => last = (byte)value;

    /// <inheritdoc/>
    public void Save(StateWriter writer) => writer.WriteByte(last);

    /// <inheritdoc/>
    public void Restore(StateReader reader) => last = reader.ReadByte();
}
